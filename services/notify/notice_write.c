/*
 * notice_write - a notice in words, for one reader
 */
// SPDX-License-Identifier: Apache-2.0
#include "notice_write.h"

#include "common/arena.h"
#include "common/buf.h"
#include "common/language.h"
#include "common/zone.h"
#include "notice_text.h"

static const Notify__V1__NoticeText *
choose_text(struct arena *arena, const Notify__V1__Notice *notice, const char *wish,
            const char *fallback)
{
    const char **languages = arena_alloc(arena, notice->n_texts * sizeof *languages);
    for (size_t i = 0; i < notice->n_texts; i++)
        languages[i] = notice->texts[i]->language;
    return notice->texts[language_choose(languages, notice->n_texts, wish, fallback)];
}

static const struct zone *
choose_zone(const struct policy *policy, const char *name)
{
    const struct zone *zone = name[0] != 0 ? zone_find(name) : NULL;
    return zone != NULL ? zone : policy->zone;
}

static const char *
write_text(struct arena *arena, const char *text, const struct notice_source *source)
{
    struct buf out = {0};
    notice_text_write(text, source, &out);
    const char *copy = arena_copy_text(arena, buf_text(&out));
    buf_free(&out);
    return copy;
}

void
notice_write(struct arena *arena, const struct policy *policy, const Notify__V1__Notice *notice,
             const struct contract_message *event, const ProtobufCMessage *payload,
             const struct notice_reader *reader, struct notice_words *ret_words)
{
    const Notify__V1__NoticeText *text =
        choose_text(arena, notice, reader->language, policy->languages[0]);
    /* Days and money as its words are written, in one of the policy's languages. */
    size_t language = language_choose(policy->languages, policy->language_count, text->language,
                                      policy->languages[0]);
    struct policy_formatter *formatter = policy_formatter_new(policy, language);
    const struct notice_source source = {
        .event = event,
        .payload = payload,
        .contact_name = reader->name,
        .link = reader->link,
        .reference = reader->reference,
        .policy = policy,
        .formatter = formatter,
        .language = text->language,
        .zone = choose_zone(policy, reader->time_zone),
    };
    ret_words->language = text->language;
    ret_words->subject = write_text(arena, text->subject, &source);
    ret_words->plain = write_text(arena, text->body, &source);
    policy_formatter_free(&formatter);
    struct buf html = {0};
    notice_write_html(ret_words->subject, ret_words->plain, text->language, &policy->branding,
                      &html);
    ret_words->html = arena_copy_text(arena, buf_text(&html));
    buf_free(&html);
}
