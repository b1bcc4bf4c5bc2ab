/*
 * policy_value_words - words and numbers of a scalar
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_parts.h"

#include <string.h>

struct policy_word
policy_word_take(const char **at)
{
    *at += strspn(*at, " ");
    struct policy_word word = {.text = *at, .length = strcspn(*at, " ")};
    *at += word.length;
    return word;
}

bool
policy_word_is(struct policy_word word, const char *text)
{
    return strlen(text) == word.length && memcmp(word.text, text, word.length) == 0;
}

bool
policy_words_end(const char *at)
{
    return at[strspn(at, " ")] == 0;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

enum policy_number
policy_word_number(struct policy_word word, int64_t max, int64_t *ret_number)
{
    int64_t number = 0;
    for (size_t i = 0; i < word.length; i++) {
        bool is_point = i > 0 && (word.text[i] == '.' || word.text[i] == ',');
        if (is_point && is_digit(word.text[i + 1])) /* what ends a word is no digit */
            return POLICY_NUMBER_FRACTION;
        if (!is_digit(word.text[i]))
            return POLICY_NUMBER_NONE;
        int64_t digit = word.text[i] - '0';
        number = number > (max - digit) / 10 ? max + 1 : number * 10 + digit;
    }
    if (word.length == 0 || (word.length > 1 && word.text[0] == '0'))
        return POLICY_NUMBER_NONE;
    *ret_number = number;
    return POLICY_NUMBER_FINE;
}

bool
policy_word_hundredths(struct policy_word word, int *ret_hundredths, const char **ret_reason)
{
    const char *point = memchr(word.text, '.', word.length);
    struct policy_word whole = word;
    int fraction = 0;
    if (point != NULL) {
        whole.length = (size_t)(point - word.text);
        size_t digits = word.length - whole.length - 1;
        if (digits < 1 || digits > 2 || !is_digit(point[1]) || (digits == 2 && !is_digit(point[2])))
            return policy_refuse(ret_reason, "one or two digits stand after the point");
        fraction = (point[1] - '0') * 10 + (digits == 2 ? point[2] - '0' : 0);
    }
    int64_t number = 0;
    if (policy_word_number(whole, POLICY_SHARE_MAX, &number) != POLICY_NUMBER_FINE)
        return policy_refuse(ret_reason, "it is written as '12.5 %'");
    if (number * 100 + fraction > POLICY_SHARE_MAX)
        return policy_refuse(ret_reason, "at most 100 %");
    *ret_hundredths = (int)number * 100 + fraction;
    return true;
}

bool
policy_refuse(const char **ret_reason, const char *reason)
{
    if (ret_reason != NULL)
        *ret_reason = reason;
    return false;
}

bool
policy_percent_parse(const char *text, int *ret_basis_points, const char **ret_reason)
{
    const char *sign = strchr(text, '%');
    if (sign == NULL || !policy_words_end(sign + 1))
        return policy_refuse(ret_reason, "it is written as '12.5 %'");
    const char *at = text;
    struct policy_word number = policy_word_take(&at);
    if (number.text + number.length > sign)
        number.length = (size_t)(sign - number.text);
    if (number.text + number.length + strspn(number.text + number.length, " ") != sign)
        return policy_refuse(ret_reason, "it is written as '12.5 %'");
    return policy_word_hundredths(number, ret_basis_points, ret_reason);
}
