"""Who may call what: every method of every contract, by every role, for their own thing and somebody else's.

The matrix is made from the contracts' own options, so a new method is asked for (CALLS of the part that has it) before it is tested by
itself. What is expected is written down once more, by hand, in `expect`: the documented 2xx, 401, 403 and 404.
"""
# SPDX-License-Identifier: Apache-2.0
import wire

PARTS = {  # which daemons' methods stand in which test
    "CASES": ("documents", "events", "gateway", "policy", "warranty"),
    "MESSAGES": ("notify", "surveys"),
}
ROLES = sorted(set(wire.ROLES) - {"system"})
OWNER, STRANGER = "olga", "sven"
# What daemons say by themselves, and an import while it runs, comes whenever that is.
EVENTS = """
    SELECT count(*) FROM (SELECT event_id, type, principal FROM events.outbox UNION SELECT event_id, type, principal FROM events.log) said
     WHERE left(principal, 7) <> 'system:' AND type NOT IN ('warranty.v1.ImportAdvanced', 'warranty.v1.ImportEnded')"""
# A customer who names somebody else as owner contradicts the request itself; that is no secret, so it is said. A unit that is
# nobody's goes to whoever knows its order, and a document to whoever sends it.
OTHERS_REFUSED_AS = {"RegisterUnit": 400, "ClaimOwnership": 200, "CreateDocument": 201}
# Keyed, as they take long, and yet without an effect.
EVENTLESS = {"CheckPolicy"}


def methods(part):
    """{name: (method, http, access, run)} of the methods of a part."""
    listed = list(wire.methods(*PARTS[part]))
    named = {method[0].name: method for method in listed}
    assert len(named) == len(listed), "two methods of one name"
    return named


def ask(web, method, made, caller):
    """The answer to a method's call: (path, body), and its media type where that is not JSON."""
    http = method[1]
    verb = next(verb for verb in ("get", "post", "put", "patch", "delete") if getattr(http, verb))
    path, body, *media_type = made
    return web.call(verb.upper(), path, caller, body, If_Match="*" if verb in ("put", "patch", "delete") else None,
                    Content_Type=media_type[0] if media_type else None)


def expect(method, role, is_own):
    """The documented status."""
    name, http, access = method[0].name, method[1], method[2]
    success = 201 if http.location else 200
    if access.anonymous or role and wire.ROLES[role] in access.roles:
        return success
    if role is None:
        return 401
    if wire.ROLES[role] not in access.own_roles:
        return 403
    is_list = name.startswith("List")
    return success if is_own or is_list else OTHERS_REFUSED_AS.get(name, 404)


def find_wrong(web, stage, method, make):
    """What was answered otherwise than documented, over all roles; `make()` answers a call that concerns things of the owner's."""
    wrong = []
    is_change = method[3].repeat == wire.options.KEYED and method[0].name not in EVENTLESS
    for role in [*ROLES, None]:
        for subject in (OWNER, STRANGER):
            made = make()
            before = stage.value(EVENTS)
            answer = ask(web, method, made, f"{role}:{subject}" if role else None)
            status = expect(method, role, subject == OWNER)
            if answer.status != status:
                wrong.append((role, subject, status, answer))
            said = stage.value(EVENTS) - before
            if said != (1 if is_change and answer.status < 300 else 0):
                wrong.append((role, subject, f"{said} events", answer, made))
    return wrong
