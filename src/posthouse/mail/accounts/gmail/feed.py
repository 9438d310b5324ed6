"""The feed of an account: a listing of everything at first, then its history.

developers.google.com/workspace/gmail/api/guides/sync
"""

from collections.abc import Mapping, Sequence

import msgspec

from posthouse.mail.accounts.errors import Broken, Refused
from posthouse.mail.accounts.gmail.labels import flags_of
from posthouse.mail.accounts.gmail.messages import (
    HistoryList,
    Message,
    MessageList,
    Profile,
    Record,
)
from posthouse.mail.accounts.gmail.places import Place, Step, read_place, steps, token_of
from posthouse.mail.accounts.gmail.session import Session
from posthouse.mail.accounts.keyed.model import Change, FeedExpired, Gone, Item, Page

# "The maximum allowed value for this field is 500."
_PAGE = 500


class Feed(Session):
    """The part of the driver that tells what happens."""

    async def changes(self, feed: bytes, token: bytes | None) -> Page:
        """A page of the listing, or of the history."""
        if token is None:
            profile = await self._client.get("getProfile", "/profile", Profile)
            labels = tuple(sorted(await self.own_labels()))
            # Noted before anything is listed: what happens meanwhile is told behind it.
            return await self._listed(Place(history=profile.history_id, labels=labels, step=0))
        place = read_place(token)
        if place is None:
            raise FeedExpired("Our place in the history cannot be read.")
        return await (self._happened(place) if place.step < 0 else self._listed(place))

    async def newest(self, folder: bytes, most: int) -> list[Item]:
        """As they are listed; their flags come with their content."""
        step = Step(folder.decode(), None)
        query = [*step.query(), ("maxResults", str(min(most, _PAGE)))]
        told = await self._client.get("messages.list", "/messages", MessageList, query)
        return [_listed_item(step, each) for each in told.messages]

    # -- everything

    async def _listed(self, place: Place) -> Page:
        todo = steps(place.labels)
        if place.step >= len(todo):
            raise FeedExpired("Our place in a listing cannot be read.")
        step = todo[place.step]
        told = await self._list(step, place.page)
        if told.next_page_token:
            after = _moved(place, page=told.next_page_token)
        elif place.step + 1 < len(todo):
            after = _moved(place, step=place.step + 1)
        else:
            after = _moved(place, step=-1)
        return Page(
            changes=tuple(_listed_item(step, each) for each in told.messages),
            token=token_of(after),
            more=after.step >= 0,
        )

    async def _list(self, step: Step, page: str) -> MessageList:
        query = [
            *step.query(),
            ("maxResults", str(_PAGE)),
            ("fields", "messages(id),nextPageToken"),
        ]
        try:
            if page:
                paged = [*query, ("pageToken", page)]
                return await self._client.get("messages.list", "/messages", MessageList, paged)
        except Refused:
            pass  # tokens of pages end some time: this folder begins anew
        try:
            return await self._client.get("messages.list", "/messages", MessageList, query)
        except Refused:
            if step.folder in {each.id for each in await self.list_labels()}:
                raise
            return MessageList()  # a label that was deleted meanwhile

    # -- history

    async def _happened(self, place: Place) -> Page:
        own = await self.own_labels()
        if not own.issuperset(place.labels):
            # Whoever deletes a label changes its messages, and history says nothing of it.
            raise FeedExpired("A label was deleted.")
        told = await self._history(place)
        states = await self._states_of(told.history)
        records = await self._before_unknown_label(told.history, states)
        if len(records) < len(told.history):
            last = records[-1].id if records else place.history
            after, more = _moved(place, history=last), False
        elif told.next_page_token:
            after, more = _moved(place, page=told.next_page_token), True
        else:
            if not told.history_id.isdigit():
                raise Broken("Google does not say where its history ends.")
            after = Place(history=told.history_id, labels=tuple(sorted(own)))
            more = False
        changes: list[Change] = []
        for key, gone in _touched(records).items():
            state = states.get(key)
            if gone or key in states:
                changes.append(Gone(key=key, folder=None))
            if state is not None:
                changes += await self._items(state)
        return Page(changes=tuple(changes), token=token_of(after), more=more)

    async def _history(self, place: Place) -> HistoryList:
        query = [("startHistoryId", place.history), ("maxResults", str(_PAGE))]
        if place.page:
            try:
                paged = [*query, ("pageToken", place.page)]
                return await self._client.get("history.list", "/history", HistoryList, paged)
            except Refused as error:
                if error.code == "NONEXISTENT":
                    raise FeedExpired("Google has forgotten the history we asked for.") from None
        try:
            return await self._client.get("history.list", "/history", HistoryList, query)
        except Refused as error:
            # "an invalid or out of date startHistoryId typically returns an HTTP 404 error code"
            raise FeedExpired("Google has forgotten our place.", said=error.said) from None

    async def _states_of(self, records: Sequence[Record]) -> dict[bytes, Message | None]:
        """How those stand now that history names; "typically only id and threadId" are told."""
        touched = _touched(records)
        return await self.states([key for key, gone in touched.items() if not gone])

    async def _before_unknown_label(
        self, records: Sequence[Record], states: Mapping[bytes, Message | None]
    ) -> Sequence[Record]:
        """Up to the first one with a label that was made since the folders were listed: its mail
        waits until they are listed again, or it would seem to lie nowhere.
        """
        unknown = {
            key: strange
            for key, message in states.items()
            if message is not None and (strange := set(message.label_ids) - set(self._labels))
        }
        if not unknown:
            return records
        made = {label.id for label in await self.list_labels() if label.is_own}
        waiting = {key for key, strange in unknown.items() if not made.isdisjoint(strange)}
        for number, record in enumerate(records):
            if not waiting.isdisjoint(record.touched()):
                return records[:number]
        return records

    async def _items(self, message: Message) -> list[Item]:
        return [
            Item(
                key=message.key,
                folder=folder.encode(),
                flags=flags_of(message.label_ids),
                size=message.size_estimate,
                arrived=message.arrived,
            )
            for folder in await self.places_of(message)
        ]


def _touched(records: Sequence[Record]) -> dict[bytes, bool]:
    """Key → whether it is gone for good; ids are not given twice."""
    found: dict[bytes, bool] = {}
    for record in records:
        for key, gone in record.touched().items():
            found[key] = found.get(key, False) or gone
    return found


def _listed_item(step: Step, message: Message) -> Item:
    return Item(key=message.key, folder=step.folder.encode(), flags=step.flags)


def _moved(place: Place, **changes: str | int) -> Place:
    """The place behind a page: `page` is that of the place alone."""
    return msgspec.structs.replace(place, **({"page": ""} | changes))
