-- Clocks that are wrong for a while.

-- For how many days a recipient was due and nobody came: the house was down, somebody held it, or the
-- clock jumped. They are no part of the age at which mail is given up.
ALTER TABLE outbox_queue ADD COLUMN unattended interval NOT NULL DEFAULT interval '0';

-- Whether something that lasts until then is over; `longest` is as long as such a thing can last.
-- What would last twice as long was written by a clock that was ahead and has been set back, and is
-- over, too: twice, because the clocks of two machines differ a little. What is for ever stays.
CREATE FUNCTION lapsed(until timestamptz, now timestamptz, longest interval) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT until IS NULL OR until <= now OR (until > now + 2 * longest AND until < 'infinity')
$$;
