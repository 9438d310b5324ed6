import asyncio

import pytest

from posthouse.protocols.dns import Answer, CachingResolver, Record, RecordType, Status


class Book:
    """An upstream that counts, and answers when it is let."""

    def __init__(self, **answers: Answer[Record]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def ask(self, name: str, kind: RecordType) -> Answer[Record]:
        self.asked.append(name)
        await self.open.wait()
        return self.answers.get(name, Answer(status=Status.FOUND, records=(b"x",), ttl=300))

    async def close(self) -> None:
        pass


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_an_answer_is_kept_for_its_ttl():
    book, clock = Book(), Clock()
    resolver = CachingResolver(book, clock=clock)
    for clock.now in (0, 299, 300.5):
        assert (await resolver.txt("Example.org.")).records == (b"x",)
    assert book.asked == ["example.org", "example.org"]


@pytest.mark.parametrize(
    ("status", "kept_until"),
    [(Status.NXDOMAIN, 60), (Status.NO_DATA, 60), (Status.TEMPORARY, 5)],
)
async def test_negative_answers_are_kept_for_less(status: Status, kept_until: int):
    book, clock = Book(dead=Answer(status=status)), Clock()
    resolver = CachingResolver(book, clock=clock)
    for clock.now in (0, kept_until - 1, kept_until + 1):
        assert (await resolver.txt("dead")).status is status
    assert len(book.asked) == 2


async def test_a_ttl_of_zero_is_not_kept():
    book = Book(now=Answer(status=Status.FOUND, records=(b"x",), ttl=0))
    resolver = CachingResolver(book)
    await resolver.txt("now")
    await resolver.txt("now")
    assert len(book.asked) == 2


async def test_the_cache_is_bounded_and_forgets_the_least_used():
    book = Book()
    resolver = CachingResolver(book, max_entries=2)
    for name in ("a", "b", "a", "c", "a", "b"):
        await resolver.txt(name)
    assert book.asked == ["a", "b", "c", "b"]


async def test_a_huge_answer_is_not_kept():
    book = Book(big=Answer(status=Status.FOUND, records=(b"x" * 60_000,), ttl=300))
    resolver = CachingResolver(book)
    await resolver.txt("big")
    await resolver.txt("big")
    assert len(book.asked) == 2


async def test_equal_questions_in_flight_are_asked_once():
    book = Book()
    book.open.clear()
    resolver = CachingResolver(book)
    waiting = [asyncio.create_task(resolver.txt("example.org")) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # the one that asked first goes away; the others still get their answer
    await asyncio.sleep(0)
    book.open.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert all(isinstance(a, Answer) and a.found for a in answers[1:])
    assert book.asked == ["example.org"]


async def test_silence_is_a_temporary_failure():
    book = Book()
    book.open.clear()
    answer = await CachingResolver(book, timeout=0.01).txt("slow")
    assert (answer.status, answer.detail) == (Status.TEMPORARY, "no answer in time")


async def test_closing_releases_those_who_wait():
    book = Book()
    book.open.clear()
    resolver = CachingResolver(book)
    waiting = asyncio.create_task(resolver.txt("slow"))
    await asyncio.sleep(0)
    await resolver.close()
    assert (await waiting).temporary


async def test_a_name_that_cannot_exist_is_not_asked():
    book = Book()
    assert (await CachingResolver(book).txt("a..b")).status is Status.NXDOMAIN
    assert book.asked == []
