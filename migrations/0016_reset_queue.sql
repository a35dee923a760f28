-- Taking requests locks them (`for update`), which needs the right to change a column, though none is ever changed.
grant update (created_at) on reset_requests to tessera_lookup;
