-- Under which secret an event's order ids are sealed (domain/secrets.hpp), so that they stay the same when there is a new
-- one; NULL for events of before, and for those that a replica of the version before makes.
SET LOCAL lock_timeout = '2s';
ALTER TABLE events ADD COLUMN secret_generation text COLLATE "C";

-- Who has defined which event, when, and what that changed. A replica of the version before writes nothing here.
CREATE TABLE event_edits (
  edit_no   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id  text COLLATE "C" NOT NULL,
  edited_at timestamptz NOT NULL DEFAULT now(),
  editor    text NOT NULL,  -- the name of the admin token
  was       jsonb,          -- NULL: there was none
  became    jsonb NOT NULL
);
CREATE INDEX event_edits_of_event ON event_edits (event_id, edit_no);

-- What of an event is defined, a member for each category.
CREATE FUNCTION defined_of_event(wanted text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('name', e.name, 'venue', e.venue, 'starts_at', e.starts_at, 'sale_opens_at', e.sale_opens_at,
                            'sale_closes_at', e.sale_closes_at, 'max_per_buyer', e.max_per_buyer)
         || coalesce((SELECT jsonb_object_agg('category ' || c.id, jsonb_build_object(
                               'position', c.position, 'name', c.name, 'amount', c.price_amount,
                               'currency', c.price_currency, 'capacity', c.capacity))
                      FROM categories c WHERE c.event_id = e.id AND NOT c.is_retired), '{}')
  FROM events e WHERE e.id = wanted
$$;

-- For people: a line for each member that an edit has changed.
CREATE VIEW event_changes AS
  SELECT e.edit_no, e.event_id, e.edited_at, e.editor, m.member, m.was, m.became
  FROM event_edits e, LATERAL (
    SELECT coalesce(was.key, became.key) AS member, was.value AS was, became.value AS became
    FROM jsonb_each(coalesce(e.was, '{}')) AS was FULL JOIN jsonb_each(e.became) AS became ON was.key = became.key) m
  WHERE m.was IS DISTINCT FROM m.became;
