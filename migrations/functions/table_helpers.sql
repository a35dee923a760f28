-- Helpers of tables and of lists.

-- Microseconds since 1970: the form in which guests can read a timestamptz.
create or replace function micros(at timestamptz) returns bigint language sql immutable parallel safe
  as $$ select (extract(epoch from at) * 1000000)::bigint $$;

-- Whether a row comes after the cursor of a list that is sorted by (created_at, id) descending; every row does
-- without a cursor.
create or replace function before_cursor(created_at timestamptz, id uuid, cursor_at bigint, cursor_id uuid) returns boolean language sql immutable parallel safe
  as $$ select cursor_at is null or (created_at, id) < ('epoch'::timestamptz + cursor_at * interval '1 microsecond', cursor_id) $$;

-- Trigger: keeps updated_at.
create or replace function touch() returns trigger language plpgsql
  as $$ begin new.updated_at := now(); return new; end $$;

-- Forces row-level security on a table with `tenant_id`: one policy that compares with the ticket's tenant.
-- Numbered files call it; a change here needs a numbered file that updates the existing policies.
create or replace function protect(name regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', name);
  execute format('alter table %s force row level security', name);
  execute format('create policy tenant on %s using (tenant_id = (select c.tenant_id from tenancy.context c))
                  with check (tenant_id = (select c.tenant_id from tenancy.context c))', name);
  if exists (select from pg_attribute where attrelid = name and attname = 'updated_at' and not attisdropped) then
    execute format('create trigger touch before update on %s for each row execute function touch()', name);
  end if;
end $$;
