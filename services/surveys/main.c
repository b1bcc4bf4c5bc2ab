/*
 * aftercare-surveys - asks customers after a case is closed, and follows up what they answer
 *
 *   answers  surveys.v1.SurveysService          proto/surveys/v1/surveys.proto
 *   says     TemplateCreated, TemplateUpdated, InvitationScheduled, InvitationSkipped,
 *            InvitationSent, InvitationReminded, InvitationAnswered, InvitationDismissed,
 *            InvitationExpired, LoopOpened, LoopAssigned, LoopEscalated, CustomerContacted,
 *            LoopClosed, ActionOpened, ActionPlanned, ActionCompleted, ActionVerified, ActionMissed
 *            through the outbox, in the statement that did it
 *   keeps    schema "surveys"                   services/surveys/schema/
 *   hears    ClaimMoved: a closed claim is what somebody is asked about; OptOutCreated,
 *            OptOutDeleted, MessageFailed of notify: who wants no surveys, what never arrived
 *   calls    the policy daemon for its versions, once a minute; the warranty daemon for what a
 *            claim was about and where its customer is reached
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc.h"
#include "surveys/v1/surveys.dispatch.h"

#include "invitation.h"

/* Alphabetical. `aftercare-surveys --help` is drawn from here. */
static const struct conf_key config_keys[] = {
    CONF_END,
};

static const struct timer_kind timers[] = {
    {INVITATION_TIMER_SEND, invitation_on_send},
    {INVITATION_TIMER_REMIND, invitation_on_remind},
    {INVITATION_TIMER_EXPIRE, invitation_on_expire},
    {INVITATION_TIMER_FORGET, invitation_on_forget},
    {LOOP_TIMER_CONTACT_BY, loop_on_contact_by},
    {ACTION_TIMER_CLUSTER, action_on_cluster},
    {ACTION_TIMER_DATE, action_on_date},
    TIMER_KIND_END,
};

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("surveys", config_keys, argc, argv);

    svc_serve(svc, &surveys_v1_dispatch);
    svc_timers(svc, timers);
    surveys_init(svc);
    trigger_init(svc);
    svc_run(svc);

    surveys_deinit();
    return svc_deinit(&svc);
}
