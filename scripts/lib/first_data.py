"""Adds what an installation begins with beside its policy: the notices of deploy/notices and the survey of deploy/surveys."""
# SPDX-License-Identifier: Apache-2.0
import first_notices
import first_survey
from first_policy import run_elsewhere


def add_first(api):
    """Adds what was never there; answers how many notices, and the survey, None where there was one."""
    return first_notices.add_first(api), first_survey.add_first(api)


def act_elsewhere(api):
    """What it says that it did."""
    count, survey = add_first(api)
    return f"{count} notices and {'a' if survey else 'no'} survey are added"


if __name__ == "__main__":
    run_elsewhere("Adds the notices and the survey that an installation begins with.", act_elsewhere)
