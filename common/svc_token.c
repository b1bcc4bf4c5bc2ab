/*
 * svc_token - callers from beyond the installation: a bearer token in the place of a principal
 *
 * Who has no installation key cannot vouch for a principal. Such a caller sends the text of its
 * token, and no MAC; it is judged as the gateway judges one, and what comes of it is a principal
 * like any other, sealed, so that it can be passed on.
 *
 * Over tcp only listed CURVE keys get here, over ipc only who may enter the bus directory: tokens
 * that do not hold are not counted against anybody.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/token.h"

enum { REFRESH_MS = 5000 };

struct svc_tokens {
    struct jwks *jwks;
    struct token_checker *checker;
    struct loop_timer refresh;
};

static void
on_refresh(void *context)
{
    struct svc_tokens *tokens = context;
    if (jwks_refresh(tokens->jwks))
        token_forget(tokens->checker);
}

void
svc_token_accept(struct svc *svc, struct jwks *jwks)
{
    struct svc_tokens *tokens = mem_alloc(sizeof *tokens);
    const struct token_options options = {.issuer = svc->config.token_issuer,
                                          .audience = svc->config.token_audience,
                                          .leeway_ms = svc->config.token_leeway_ms};
    tokens->jwks = jwks;
    tokens->checker = token_checker_new(&options, jwks);
    loop_timer_init(svc->loop, &tokens->refresh, on_refresh, tokens);
    loop_timer_start(&tokens->refresh, REFRESH_MS, REFRESH_MS);
    uv_unref((uv_handle_t *)&tokens->refresh.handle);
    svc->tokens = tokens;
}

void
svc_accept_tokens(struct svc *svc)
{
    const char *path = svc->config.token_jwks_file;
    struct jwks *jwks;
    struct fault fault;
    if (path[0] == 0) {
        fprintf(stderr,
                "aftercare-%s: AFTERCARE_TOKEN_JWKS_FILE must be set: this daemon takes calls from "
                "beyond the installation\n",
                svc->service);
        exit(2);
    }
    if (jwks_open(path, &jwks, &fault) != OK) {
        fprintf(stderr, "aftercare-%s: AFTERCARE_TOKEN_JWKS_FILE: \"%s\": %s\n", svc->service, path,
                fault.message);
        exit(2);
    }
    svc_token_accept(svc, jwks);
}

struct svc_token_origin
svc_token_origin(const struct svc *svc)
{
    return (struct svc_token_origin){
        .jwks_file = svc->config.token_jwks_file,
        .issuer = svc->config.token_issuer,
        .audience = svc->config.token_audience,
    };
}

enum err
svc_token_open(struct call *call, const uint8_t *token, size_t size_bytes)
{
    struct token_checker *checker = call->svc->tokens->checker;
    char *text = arena_alloc(call->arena, size_bytes + 1);
    memcpy(text, token, size_bytes);
    const char *why = "it holds a zero byte";
    if (memchr(text, 0, size_bytes) == NULL &&
        (token_find(checker, call->arena, text, &call->principal) ||
         token_verify(checker, call->arena, text, &call->principal, &why) == OK))
        return OK;
    call->why = why;
    return call_fail(call, ERR_UNAUTHENTICATED, "TOKEN_INVALID", "the token does not hold");
}

static void
on_refresh_closed(void *context)
{
    mem_free(context);
}

void
svc_token_close(struct svc *svc)
{
    struct svc_tokens *tokens = svc->tokens;
    svc->tokens = NULL;
    if (tokens == NULL)
        return;
    token_checker_free(&tokens->checker);
    jwks_close(&tokens->jwks);
    loop_timer_close(&tokens->refresh, on_refresh_closed);
}
