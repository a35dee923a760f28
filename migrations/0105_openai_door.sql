-- What clients of the OpenAI-compatible door need.

-- A key for one assistant opens it there, too.
alter table api_keys drop constraint api_keys_assistant_scopes,
  add constraint api_keys_assistant_scopes
    check (assistant_id is null or scopes <@ array['assistants:read', 'chat', 'assistants:use']);

-- The name of an assistant for other programs: its name when it was made, and the end of its id. It stays when the
-- assistant is renamed, because those programs keep it. The expression fills the rows that exist, whatever their tenant is;
-- new rows get theirs from the trigger beside `set_assistant_slug`, which has the same expression.
alter table assistants add column slug text generated always as (
  coalesce(nullif(trim(both '-' from regexp_replace(
    translate(lower(name), 'åäàáâãæçèéêëìíîïñòóôõöøùúûüýÿðß', 'aaaaaaaceeeeiiiinoooooouuuuyyds'), '[^a-z0-9]+', '-', 'g')), ''), 'assistant')
  || '-' || right(id::text, 8)) stored;
alter table assistants alter column slug drop expression;
alter table assistants alter column slug set not null;
create unique index assistants_slug_key on assistants (tenant_id, slug);
