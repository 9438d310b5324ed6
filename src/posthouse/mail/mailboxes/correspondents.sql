-- first_known --
-- Somebody of the house, or to whom the mailbox wrote: the first of those asked for. What rules wrote
-- makes nobody known. Of who gets very much mail here so much is looked at, and no more.
SELECT asked.place
  FROM unnest(:addresses::text[], :address_ids::uuid[])
       WITH ORDINALITY AS asked (address, address_id, place)
 WHERE EXISTS (
       SELECT FROM mailbox_addresses h
        WHERE h.workspace_id = :workspace_id AND h.address = asked.address)
    OR EXISTS (
       SELECT FROM (SELECT p.variant_id FROM variant_people p
                     WHERE p.workspace_id = :workspace_id AND p.address_id = asked.address_id
                       AND p.role = ANY(:roles::smallint[])
                     LIMIT :most) AS written
         JOIN mailbox_messages c
           ON c.workspace_id = :workspace_id AND c.variant_id = written.variant_id
        WHERE c.mailbox_id = :mailbox_id AND c.direction = 'out' AND c.door <> 'rule')
 ORDER BY asked.place
 LIMIT 1;
