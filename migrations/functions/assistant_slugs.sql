-- Names of assistants for other programs.

-- Trigger: gives a new assistant its slug, which stays when the assistant is renamed: letters and digits of its name, and the
-- end of its id, so that two of one name differ.
create or replace function set_assistant_slug() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  new.slug := coalesce(nullif(trim(both '-' from regexp_replace(
    translate(lower(new.name), 'åäàáâãæçèéêëìíîïñòóôõöøùúûüýÿðß', 'aaaaaaaceeeeiiiinoooooouuuuyyds'), '[^a-z0-9]+', '-', 'g')), ''), 'assistant')
    || '-' || right(new.id::text, 8);
  return new;
end $$;

create or replace trigger slug before insert on assistants for each row execute function set_assistant_slug();
