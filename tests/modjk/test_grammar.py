"""What was seen on Apache 2.4.71 with mod_jk 1.2.48, line by line of the grammar: our model says the same."""

import pytest

from isdeploy_tui.modjk.diagnose import diagnose
from isdeploy_tui.modjk.effective import effective_rules, fatal_entry
from isdeploy_tui.modjk.properties import LINE_LIMIT
from isdeploy_tui.modjk.urimap import UriMap
from tests.modjk.sites import CLASSIC, make_workers, routed, status

MIXED = make_workers({"balancer": ["w1", "w2", "w3"]}, "worker.w3.activation=Disabled", listed="w1")


def consequences(data: bytes, workers=CLASSIC) -> list[tuple[int, str]]:
    return [(item.line, item.consequence) for item in diagnose(UriMap.parse(data), workers)]


# The file and its lines


def test_eof_without_newline_and_crlf_are_fine() -> None:
    assert routed(b"/a=balancer\r\n/b=ex1", "/a").worker == "balancer"
    assert routed(b"/a=balancer\r\n/b=ex1", "/b").worker == "ex1"


def test_first_hash_anywhere_cuts_the_line() -> None:
    assert routed(b"/a=balancer#;stopped=w1", "/a").members == ("w1", "w2", "w3")
    assert status(b"/a#b=balancer", "/a#b") == 404


def test_a_hash_can_not_be_quoted() -> None:
    assert status(b'/a="balancer#"', "/a") == 500


@pytest.mark.parametrize("line", [b"! /a=balancer", b"; /a=balancer"])
def test_exclamation_mark_and_semicolon_start_no_comment_but_no_rule_either(line: bytes) -> None:
    assert status(line, "/a") == 404
    assert consequences(line + b"\n/x=balancer")[0] == (1, "ignored")


def test_no_continuation_the_backslash_stays_in_the_name() -> None:
    assert status(b"/a=balancer\\\n;stopped=w1\n", "/a") == 500


@pytest.mark.parametrize("line", [b"/a balancer", b"/a:balancer", b"=balancer", b"/a=", b"/a= # balancer"])
def test_line_without_equals_key_or_value_is_silently_ignored(line: bytes) -> None:
    assert status(line, "/a") == 404
    assert (1, "ignored") in consequences(line)


def test_white_space_is_trimmed_round_line_key_and_value() -> None:
    assert routed(b" \t /a \t= \v\f balancer \t\n", "/a").worker == "balancer"


def test_white_space_before_semicolon_belongs_to_the_worker() -> None:
    assert status(b"/a=balancer ;stopped=w1", "/a") == 500
    found = diagnose(UriMap.parse(b"/a=balancer ;stopped=w1"), CLASSIC)
    assert [item.consequence for item in found] == ["500"] and "not the worker 'balancer'" in found[0].text


def test_white_space_behind_semicolon_makes_the_extension_unknown() -> None:
    assert routed(b"/a=balancer; stopped=w1", "/a").members == ("w1", "w2", "w3")
    assert consequences(b"/a=balancer; stopped=w1") == [(1, "ignored")]


def test_byte_order_mark_spoils_the_first_rule() -> None:
    data = b"\xef\xbb\xbf/a=balancer\n/b=balancer\n"
    assert status(data, "/a") == 404
    assert status(data, "/b") == 200
    assert consequences(data) == [(1, "ignored")]


def test_a_long_line_is_cut_and_its_tail_is_a_new_line_even_in_a_comment() -> None:
    assert LINE_LIMIT == 8191
    data = b"#" + b"x" * (LINE_LIMIT - 1) + b"/a=balancer\n"
    assert routed(data, "/a").worker == "balancer"
    assert status(b"#" + b"x" * (LINE_LIMIT - 2) + b"/a=balancer\n", "/a") == 404
    assert consequences(data) == [(1, "ambiguous")]


def test_a_nul_byte_ends_the_line() -> None:
    assert routed(b"/a=balancer\0;stopped=w1\n/b=ex1\n", "/a").members == ("w1", "w2", "w3")
    assert status(b"/a=balancer\0x\n/b=ex1\n", "/b") == 200


# Keys


@pytest.mark.parametrize("key", ["*.jsp", "a/*", "!-/x.jsp"])
def test_a_key_must_begin_with_a_slash_behind_its_marks(key: str) -> None:
    data = f"{key}=balancer\n".encode()
    assert status(data, "/x.jsp") == 404
    assert (1, "ignored") in consequences(data)


def test_star_crosses_slashes() -> None:
    assert status(b"/*.jsp=balancer", "/d/a.jsp") == 200


def test_question_mark_is_one_byte() -> None:
    assert status(b"/a?c=balancer", "/abc") == 200
    assert status(b"/a?c=balancer", "/ac") == 404
    assert status(b"/a?c=balancer", "/aéc".encode()) == 404


def test_case_matters_in_uris_workers_members_and_extension_names() -> None:
    assert status(b"/A=balancer", "/a") == 404
    assert status(b"/a=Balancer", "/a") == 500
    assert routed(b"/a=balancer;stopped=W1", "/a").members == ("w1", "w2", "w3")
    assert routed(b"/a=balancer;Stopped=w1", "/a").members == ("w1", "w2", "w3")


def test_bar_stands_for_two_patterns_and_only_the_first_one_does() -> None:
    data = b"/a|/*|/z=balancer"
    assert [rule.pattern for rule in effective_rules(UriMap.parse(data))] == ["/a/*|/z", "/a"]
    assert status(data, "/a") == 200
    assert status(data, "/a/b") == 404
    assert status(data, "/a/b|/z") == 200


def test_marks_apply_to_both_patterns_of_a_bar() -> None:
    data = b"/*=balancer\n!/a|/*=balancer"
    assert [status(data, uri) for uri in ("/a", "/a/b", "/b")] == [404, 404, 200]


def test_exclusion_needs_the_worker_of_the_rule_that_matched() -> None:
    assert status(b"/*=balancer\n!/a=balancer", "/a") == 404
    assert status(b"/*=balancer\n!/a=ex1", "/a") == 200
    assert status(b"/*=balancer\n!/a=*", "/a") == 404


def test_exclusions_are_asked_last_also_for_a_more_special_rule() -> None:
    assert status(b"/a/b/c=balancer\n!/a/*=balancer", "/a/b/c") == 404


def test_disabled_rule_is_skipped_and_a_more_general_one_matches() -> None:
    assert routed(b"-/a=ex1\n/*=balancer", "/a").worker == "balancer"
    assert status(b"/*=balancer\n-!/a=balancer", "/a") == 200


def test_more_slashes_go_first_then_the_longer_pattern() -> None:
    data = b"/*=balancer\n/a*=ex1\n/a/*=ex2\n/a/b*=ex3\n"
    assert [routed(data, uri).worker for uri in ("/x", "/ax", "/a/x", "/a/bx")] == ["balancer", "ex1", "ex2", "ex3"]


def test_exactness_does_not_count_the_wildcard_listed_first_hides_the_exact_rule() -> None:
    data = b"/a/*=balancer\n/a/b=ex1\n"
    assert routed(data, "/a/b").worker == "balancer"
    assert consequences(data) == [(2, "ambiguous")]
    assert routed(b"/a/b=ex1\n/a/*=balancer\n", "/a/b").worker == "ex1"


def test_repeated_key_the_last_value_counts_at_the_first_place() -> None:
    data = b"/a/*=balancer\n/a/?=ex1\n/a/*=ex2\n"
    assert routed(data, "/a/x").worker == "ex2"
    assert (1, "ignored") in consequences(data)


def test_a_bar_key_and_its_written_out_half_are_different_keys() -> None:
    data = b"/a|/*=balancer\n/a/*=ex1\n"
    assert routed(data, "/a/x").worker == "balancer"
    assert consequences(data) == [(2, "ambiguous")]


def test_a_key_with_marks_is_another_key() -> None:
    assert routed(b"/a=balancer\n-/a=ex1\n", "/a").worker == "balancer"


def test_vhost_prefix_is_a_plain_path_in_httpd() -> None:
    assert status(b"/www.example.com/a=balancer", "/a") == 404


# Variables


def test_variable_with_extensions_works() -> None:
    data = b"pool=balancer;stopped=w2\n/*=$(pool)\n"
    assert routed(data, "/a").members == ("w1", "w3")
    assert consequences(data) == []


def test_unresolved_variable_stays_as_it_is() -> None:
    data = b"/*=$(pool)\npool=balancer\n"
    assert routed(data, "/a").worker == "$(pool)"
    assert status(data, "/a") == 500
    assert (1, "ambiguous") in consequences(data)


def test_variables_are_not_replaced_twice() -> None:
    assert routed(b"a=$(\n/*=$(a)b)\nb=balancer\n", "/x").worker == "$(b)"


def test_a_variable_has_the_value_of_the_line_above() -> None:
    data = b"pool=balancer\n/a=$(pool)\npool=ex1\n/b=$(pool)\n"
    assert [routed(data, uri).worker for uri in ("/a", "/b")] == ["balancer", "ex1"]


def test_at_most_twenty_one_variables_in_a_value() -> None:
    data = b"x=b\n/*=" + b"$(x)" * 22
    assert routed(data, "/").worker == "b" * 21 + "$(x)"


# "worker." keys


def test_unknown_worker_key_makes_mod_jk_give_up_the_whole_map() -> None:
    data = b"/a=balancer\nworker.foo.bar=1\n/b=balancer\n"
    urimap = UriMap.parse(data)
    assert (entry := fatal_entry(urimap)) is not None and entry.line == 2
    assert effective_rules(urimap) == ()
    assert consequences(data) == [(2, "crash")]


def test_known_worker_key_is_dropped_and_the_rest_lives() -> None:
    data = b"/a=balancer\nworker.foo.host=1\n/b=balancer\n"
    assert status(data, "/b") == 200
    assert consequences(data) == [(2, "ignored")]


# Targets


def test_unknown_worker_and_mere_member_give_500() -> None:
    workers = make_workers({"balancer": ["w1", "w2"]})
    assert status(b"/*=nowhere", "/a", workers) == 500
    assert status(b"/*=w1", "/a", workers) == 500
    assert status(b"/*=w1", "/a", CLASSIC) == 200
    assert consequences(b"/*=w1", workers) == [(1, "500")]


def test_path_parameters_are_removed_before_matching() -> None:
    assert status(b"/a/b=balancer", "/a;v=1/b;jsessionid=1.w1") == 200
    assert status(b"/a;b=balancer", "/a;b") == 404


def test_the_path_is_normalized_before_matching() -> None:
    assert status(b"/a/b=balancer", "//a/./x/..//b") == 200
    assert status(b"/*=balancer", "/..;x/b") == 400


def test_a_path_longer_than_4095_bytes_is_not_forwarded() -> None:
    assert status(b"/*=balancer", "/" + "a" * 4094) == 200
    assert status(b"/*=balancer", "/" + "a" * 4095) == 404


# Extensions


def test_trailing_semicolon_is_harmless() -> None:
    assert routed(b"/*=balancer;", "/a").members == ("w1", "w2", "w3")
    assert consequences(b"/*=balancer;") == []


def test_leading_semicolon_belongs_to_the_worker() -> None:
    assert routed(b"/*=;balancer;stopped=w1", "/a").worker == ";balancer"


def test_repeated_stopped_keeps_the_first() -> None:
    assert routed(b"/*=balancer;stopped=w1;stopped=w2", "/a").members == ("w2", "w3")
    assert consequences(b"/*=balancer;stopped=w1;stopped=w2") == [(1, "ignored")]


def test_an_empty_stopped_is_the_first_one_too() -> None:
    assert routed(b"/*=balancer;stopped=;stopped=w2", "/a").members == ("w1", "w2", "w3")


def test_members_are_split_by_comma_and_space_but_not_by_tab() -> None:
    assert routed(b"/*=balancer;stopped=w1, w2", "/a").members == ("w3",)
    assert routed(b"/*=balancer;stopped=w1\tw2", "/a").members == ("w1", "w2", "w3")


def test_activations_are_ignored_for_a_worker_that_is_no_balancer() -> None:
    assert routed(b"/*=w1;stopped=w1", "/a").members == ("w1",)
    assert consequences(b"/*=w1;stopped=w1") == [(1, "ignored")]


def test_the_last_of_active_disabled_stopped_wins() -> None:
    assert routed(b"/*=balancer;stopped=w1;active=w1;disabled=w2", "/a").members == ("w3",)
    assert routed(b"/*=balancer;stopped=w1;disabled=w1", "/a", session_route="w1").members == ("w2", "w3")


def test_unknown_member_is_ignored() -> None:
    assert routed(b"/*=balancer;stopped=w9", "/a").members == ("w1", "w2", "w3")
    assert consequences(b"/*=balancer;stopped=w9") == [(1, "ignored")]


def test_active_brings_back_a_member_that_is_disabled_in_workers_properties() -> None:
    assert routed(b"/*=balancer", "/a", MIXED).members == ("w1", "w2")
    assert routed(b"/*=balancer;active=w3", "/a", MIXED).members == ("w1", "w2", "w3")


def test_an_open_session_path_swallows_the_next_extension() -> None:
    assert routed(b"/*=balancer;session_path=;stopped=w1", "/a").members == ("w1", "w2", "w3")
    assert routed(b"/*=balancer;session_path=;jsessionid;stopped=w1", "/a").members == ("w2", "w3")


def test_all_stopped_gives_503() -> None:
    assert status(b"/*=balancer;stopped=w1,w2,w3", "/a") == 503
    assert consequences(b"/*=balancer;stopped=w1,w2,w3") == [(1, "503")]


def test_all_disabled_gives_503_without_a_session() -> None:
    data = b"/*=balancer;disabled=w1,w2,w3"
    assert status(data, "/a") == 503
    assert routed(data, "/a", session_route="w2").members == ("w2",)


def test_disabled_member_gets_only_its_own_sessions() -> None:
    data = b"/*=balancer;disabled=w1"
    assert routed(data, "/a").members == ("w2", "w3")
    assert routed(data, "/a", session_route="w1").members == ("w1",)


def test_stopped_member_loses_its_sessions_to_the_others() -> None:
    assert routed(b"/*=balancer;stopped=w1", "/a", session_route="w1").members == ("w2", "w3")
    assert routed(b"/*=ex1", "/a", session_route="w1").members == ("w2", "w3")


def test_empty_or_comment_only_map_is_404_for_all() -> None:
    for data in (b"", b"# nothing\n"):
        assert status(data, "/") == 404
        assert consequences(data) == [(1, "404")]
