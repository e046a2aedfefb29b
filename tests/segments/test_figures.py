"""Cut points: which value stands at which rank, and from how many people on."""

from __future__ import annotations

from tailorbird.segments.figures import figure, figure_fact


def test_cut_point_p_of_n_values_is_number_p_n_over_100_rounded_up() -> None:
    cuts = figure("x", [10 * n for n in range(1, 151)]).cuts
    assert cuts is not None
    # 1.5 -> the 2nd, 75 -> the 75th, 148.5 -> the 149th value.
    assert (len(cuts), cuts[0], cuts[49], cuts[98]) == (99, 20, 750, 1490)


def test_a_hundred_people_are_enough_and_one_fewer_is_not() -> None:
    assert figure("x", list(range(100))).cuts == tuple(range(99))
    assert figure("x", list(range(99))).cuts is None


def test_the_same_name_and_instant_give_the_same_message_id() -> None:
    one, other = figure("x", list(range(100))), figure("x", list(range(100, 200)))
    assert figure_fact(one, 5).id == figure_fact(other, 5).id
    assert figure_fact(one, 5).id != figure_fact(one, 6).id
