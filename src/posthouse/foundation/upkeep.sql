-- grown_tables --
-- Tables with many more changes than rows when they were last analysed.
SELECT s.relname AS name
  FROM pg_stat_user_tables s
  JOIN pg_class c ON c.oid = s.relid
 WHERE s.n_mod_since_analyze > greatest(c.reltuples, 100)
   AND s.n_live_tup < :largest::bigint
 ORDER BY s.relname;
