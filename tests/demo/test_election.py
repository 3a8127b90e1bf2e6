"""Who gets the next request: mod_jk's lbvalues, with the stampede that they bring."""

from collections import Counter
from collections.abc import Collection

from isdeploy_tui.demo.election import MAINTAIN_SECONDS, RECOVER_SECONDS, Election, MemberStatus

ALL = ("w1", "w2", "w3")
OTHERS = ("w2", "w3")


def elect(election: Election, members: Collection[str], times: int) -> Counter[str]:
    chosen: Counter[str] = Counter()
    for _ in range(times):
        seat = next(election.candidates(members, members))
        election.answered(seat)
        chosen[seat.member] += 1
    return chosen


def test_everyone_gets_an_even_share() -> None:
    assert elect(Election.of(ALL, 0), ALL, 30) == {"w1": 10, "w2": 10, "w3": 10}


def test_a_member_restored_from_an_extension_gets_every_request_until_it_has_caught_up() -> None:
    election = Election.of(ALL, 0)
    elect(election, OTHERS, 200)
    assert elect(election, ALL, 100) == {"w1": 100}
    assert elect(election, ALL, 30) == {"w1": 10, "w2": 10, "w3": 10}


def test_a_member_restored_by_a_swap_gets_its_share_at_once() -> None:
    home, exclusion = Election.of(ALL, 0), Election.of(OTHERS, 0)
    elect(home, ALL, 30)
    elect(exclusion, OTHERS, 200)
    assert elect(home, ALL, 30) == {"w1": 10, "w2": 10, "w3": 10}


def test_a_session_reaches_its_member_and_the_others_when_that_is_in_error() -> None:
    election = Election.of(ALL, 0)
    for _ in range(5):
        assert next(election.candidates(("w2",), ALL)).member == "w2"
    election.failed(election.seats[1], now=0)
    assert next(election.candidates(("w2",), ALL)).member in ("w1", "w3")


def test_after_a_refusal_the_next_candidate_is_another_member_and_then_there_is_none() -> None:
    election = Election.of(ALL, 0)
    tried = []
    for seat in election.candidates(ALL, ALL):
        election.failed(seat, now=0)
        tried.append(seat.member)
    assert sorted(tried) == ["w1", "w2", "w3"]


def test_a_member_in_error_gets_nothing_for_the_recover_time_and_then_no_stampede() -> None:
    election = Election.of(ALL, 0)
    election.failed(election.seats[0], now=0)
    election.maintain(MAINTAIN_SECONDS)
    assert elect(election, ALL, 60)["w1"] == 0
    election.maintain(MAINTAIN_SECONDS + RECOVER_SECONDS)
    assert election.seats[0].status is MemberStatus.RECOVER
    assert 9 <= elect(election, ALL, 30)["w1"] <= 11


def test_a_member_that_recovers_is_tried_with_one_request_at_a_time() -> None:
    election = Election.of(("w1",), 0)
    election.seats[0].status = MemberStatus.RECOVER
    probe = next(election.candidates(("w1",), ("w1",)))
    assert next(election.candidates(("w1",), ("w1",)), None) is None
    election.answered(probe)
    assert next(election.candidates(("w1",), ("w1",))).member == "w1"


def test_when_all_are_in_error_maintenance_forces_them_to_try() -> None:
    election = Election.of(ALL, 0)
    for seat in election.seats:
        election.failed(seat, now=MAINTAIN_SECONDS - 1)
    election.maintain(MAINTAIN_SECONDS)
    assert {seat.status for seat in election.seats} == {MemberStatus.FORCED}


def test_maintenance_halves_the_lbvalues_once_for_each_interval() -> None:
    election = Election.of(ALL, 0)
    elect(election, ALL, 240)
    election.maintain(2 * MAINTAIN_SECONDS)
    assert [seat.value for seat in election.seats] == [20, 20, 20]
    election.maintain(2 * MAINTAIN_SECONDS + 1)
    assert [seat.value for seat in election.seats] == [20, 20, 20]
