"""A stack is language, intermediates, target; it refuses any other order and equals what has its contents."""

from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.errors import UsageError
from madx_stilts.stack import MAX_NAME, AdapterRef, Role, Stack, WrittenRef, name_fault, require_name, split_stack

ROLES = st.sampled_from(Role)
ids = st.text("0123456789abcdef", min_size=64, max_size=64)
names = st.from_regex(r"[\w.+-]+", fullmatch=True).filter(lambda name: len(name.encode()) <= MAX_NAME)


def ref(role: Role, name: str, first: str = "") -> AdapterRef:
    """An adapter whose id is made of its name."""
    return AdapterRef(role, name, (first or name).encode().hex().ljust(64, "0"))


SW, TH = ref(Role.LANGUAGE, "sw"), ref(Role.LANGUAGE, "th")
MNLI, SIQA = ref(Role.INTERMEDIATE, "mnli"), ref(Role.INTERMEDIATE, "siqa")
QQP, CCG = ref(Role.INTERMEDIATE, "qqp"), ref(Role.INTERMEDIATE, "ccg")
XNLI, XCOPA = ref(Role.TARGET, "xnli"), ref(Role.TARGET, "xcopa")


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    """Stacks of any make-up, the bare backbone too."""
    intermediates = draw(st.lists(st.sampled_from([MNLI, SIQA, ref(Role.INTERMEDIATE, "qqp")]), unique=True))
    language, target = draw(st.sampled_from([None, SW, TH])), draw(st.sampled_from([None, XNLI, XCOPA]))
    return Stack(language, tuple(intermediates), target)


@given(stacks())
def test_a_stack_is_made_again_of_its_references(stack: Stack) -> None:
    assert Stack.of(stack.refs) == stack
    assert hash(Stack.of(stack.refs)) == hash(stack)


@given(stacks(), stacks())
def test_stacks_are_equal_exactly_when_their_references_are(one: Stack, other: Stack) -> None:
    assert (one == other) == (one.refs == other.refs)
    assert len({one, other}) == len({one.refs, other.refs})


@given(stacks(), st.sampled_from([None, SW, TH]))
def test_swapping_the_language_and_back_gives_the_same_stack(stack: Stack, language: AdapterRef | None) -> None:
    swapped = stack.with_language(language)
    assert swapped.language == language
    assert (swapped.intermediates, swapped.target) == (stack.intermediates, stack.target)
    assert swapped.with_language(stack.language) == stack


@given(stacks())
def test_the_target_is_put_on_top(stack: Stack) -> None:
    assert stack.with_target(XCOPA).top == XCOPA
    assert stack.with_target(XCOPA).refs[:-1] == tuple(ref for ref in stack.refs if ref.role is not Role.TARGET)


def test_references_stand_bottom_to_top() -> None:
    stack = Stack(SW, (MNLI, SIQA), XNLI)
    assert stack.refs == (SW, MNLI, SIQA, XNLI)
    assert stack.top == XNLI
    assert Stack(SW, (MNLI, SIQA)).top == SIQA
    assert Stack(SW).top == SW


def test_the_order_of_intermediates_counts() -> None:
    assert Stack(None, (MNLI, SIQA)) != Stack(None, (SIQA, MNLI))


def test_an_empty_stack_is_the_bare_backbone() -> None:
    assert Stack().refs == ()
    assert Stack().top is None
    assert str(Stack()) == "the bare backbone"
    assert Stack.of(()) == Stack()


@st.composite
def fusions(draw: st.DrawFn) -> Stack:
    """Stacks with a fusion."""
    members = draw(st.lists(st.sampled_from([MNLI, SIQA, QQP, CCG]), min_size=2, unique=True))
    lower = [one for one in (MNLI, SIQA, QQP, CCG) if one not in members and draw(st.booleans())]
    language, target = draw(st.sampled_from([None, SW, TH])), draw(st.sampled_from([XNLI, XCOPA]))
    return Stack(language, tuple(lower), target, tuple(members))


@given(fusions())
def test_a_stack_with_a_fusion_is_made_again_of_what_it_is_written_as(stack: Stack) -> None:
    known = {str(one): one for one in (SW, TH, MNLI, SIQA, QQP, CCG, XNLI, XCOPA)}
    places = [[known[text] for text in place] for place in split_stack(stack.written)]
    refs = tuple(one for place in places for one in place)
    fused = tuple(one for place in places if len(place) > 1 for one in place)
    assert Stack.of(refs, fused=fused) == stack
    assert hash(Stack.of(refs, fused=fused)) == hash(stack)
    assert refs == stack.refs


@given(stacks())
def test_a_stack_without_a_fusion_is_written_as_its_references(stack: Stack) -> None:
    assert split_stack(stack.written) == [[str(one)] for one in stack.refs]


def test_a_fusion_is_told_from_a_stack_of_its_members() -> None:
    fusion, plain = Stack(SW, (), XNLI, (MNLI, SIQA)), Stack(SW, (MNLI, SIQA), XNLI)
    assert fusion != plain
    assert fusion.refs == plain.refs
    assert fusion != Stack(SW, (), XNLI, (SIQA, MNLI)), "the order of a recipe counts, and so does that of a stack"
    assert str(fusion) == f"{SW} ▸ ({MNLI} ∥ {SIQA}) ▸ {XNLI}"
    assert fusion.written == f"{SW},{MNLI}//{SIQA},{XNLI}"
    assert fusion.with_language(TH) == Stack(TH, (), XNLI, (MNLI, SIQA))


def test_a_fusion_stands_right_below_a_target_and_has_members() -> None:
    with pytest.raises(UsageError, match="is no fusion: it takes two adapters or more, and the target"):
        Stack(SW, (), None, (MNLI, SIQA))
    with pytest.raises(UsageError, match="is no fusion"):
        Stack(None, (), XNLI, (MNLI,))
    with pytest.raises(UsageError, match="stands twice"):
        Stack(None, (MNLI,), XNLI, (MNLI, SIQA))
    with pytest.raises(UsageError, match="does not stand right below a target"):
        Stack.of((MNLI, SIQA, QQP, XNLI), fused=(MNLI, SIQA))
    with pytest.raises(UsageError, match="does not stand right below a target"):
        Stack.of((SW, MNLI, XNLI), fused=(SW, MNLI))
    with pytest.raises(UsageError, match="stands where a stack has its intermediate adapter"):
        Stack(None, (), XNLI, (SW, MNLI))


def test_a_stack_reads_from_left_to_right() -> None:
    assert str(Stack(SW, (MNLI,), XNLI)) == f"{SW} ▸ {MNLI} ▸ {XNLI}"
    assert str(SW) == "language/sw@73770000"


@pytest.mark.parametrize("order", [order for order in permutations((SW, MNLI, XNLI)) if order != (SW, MNLI, XNLI)])
def test_any_other_order_is_refused(order: tuple[AdapterRef, ...]) -> None:
    with pytest.raises(UsageError, match="is out of order") as caught:
        Stack.of(order)
    assert "language, intermediates, target" in caught.value.hint


def test_there_is_at_most_one_language_and_one_target() -> None:
    with pytest.raises(UsageError, match="at most one language adapter"):
        Stack.of((SW, TH, MNLI))
    with pytest.raises(UsageError, match="at most one target adapter"):
        Stack.of((SW, XNLI, XCOPA))


def test_an_adapter_in_a_place_that_is_not_its_roles_is_refused() -> None:
    with pytest.raises(UsageError, match=r"intermediate/mnli@.* stands where a stack has its language adapter"):
        Stack(MNLI)
    with pytest.raises(UsageError, match=r"target/xnli@.* stands where a stack has its intermediate adapter"):
        Stack(None, (XNLI,))
    with pytest.raises(UsageError, match=r"language/sw@.* stands where a stack has its target adapter"):
        Stack(None, (), SW)
    with pytest.raises(UsageError, match="stands where a stack has its language adapter"):
        Stack(SW).with_language(XNLI)


def test_an_adapter_stands_in_a_stack_once_whatever_its_role() -> None:
    with pytest.raises(UsageError, match="stands twice"):
        Stack(None, (MNLI, MNLI))
    with pytest.raises(UsageError, match="stands twice"):
        Stack(None, (MNLI,), ref(Role.TARGET, "xnli", first="mnli"))


@given(ROLES, names, names, ids)
def test_a_reference_is_known_by_role_and_id_and_not_by_name(role: Role, name: str, other: str, id: str) -> None:
    assert AdapterRef(role, name, id) == AdapterRef(role, other, id)
    assert hash(AdapterRef(role, name, id)) == hash(AdapterRef(role, other, id))


def test_the_role_is_part_of_a_reference() -> None:
    assert ref(Role.TARGET, "mnli") != MNLI


@given(ROLES, names, st.just("") | st.text("0123456789abcdef", min_size=4, max_size=64))
def test_a_written_reference_reads_back(role: Role, name: str, version: str) -> None:
    wanted = WrittenRef(role, name, version)
    assert WrittenRef.parse(str(wanted)) == wanted


@given(ROLES, names, ids)
def test_what_an_adapter_is_shown_as_can_be_asked_for(role: Role, name: str, id: str) -> None:
    assert WrittenRef.parse(str(AdapterRef(role, name, id))) == WrittenRef(role, name, id[:8])


@pytest.mark.parametrize(
    "text",
    ["", "sw", "language/", "/sw", "language/s w", "language/sw@", "language/sw@12", "language/sw@wxyz", "a/b/c"],
)
def test_other_writings_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no reference to an adapter") as caught:
        WrittenRef.parse(text)
    assert "role/name@version" in caught.value.hint


def test_an_unknown_role_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="There is no role 'middle'") as caught:
        WrittenRef.parse("middle/mnli")
    assert caught.value.hint == "Roles: language, intermediate, target."


def test_roles_are_ordered_bottom_to_top_and_read_back() -> None:
    assert Role.LANGUAGE < Role.INTERMEDIATE < Role.TARGET
    assert [Role.parse(str(role)) for role in Role] == list(Role)


@pytest.mark.parametrize("name", ["mnli", "xnli+la.en", "größe", "a" * MAX_NAME, "é" * (MAX_NAME // 2), "-x", "1.2"])
def test_a_name_that_can_be_is_taken_everywhere(name: str, tmp_path: Path) -> None:
    assert name_fault(name) == ""
    assert WrittenRef.parse(f"target/{name}").name == name
    (tmp_path / name).mkdir()


@pytest.mark.parametrize("name", ["", "a b", "a/b", "..", ".hidden", "a\n", "a\x1b", "x.partial", "a" * 201, "é" * 101])
def test_a_name_that_cannot_be_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(UsageError, match="no name for an adapter") as error:
        require_name(name)
    assert len(error.value.message) < 400


@given(st.text(max_size=300))
def test_any_name_is_a_folder_or_refused(name: str) -> None:
    if name_fault(name) == "":
        assert len(name.encode()) < 250
        assert Path(name).name == name
        assert WrittenRef.parse(f"language/{name}").name == name


def test_a_reference_that_is_too_long_is_refused_and_not_repeated_in_full() -> None:
    with pytest.raises(UsageError, match="no reference") as error:
        WrittenRef.parse("target/" + "a" * 5000)
    assert len(error.value.message) < 400
