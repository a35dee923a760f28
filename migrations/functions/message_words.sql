-- The words by which messages are found.

-- Trigger: the words as they are, and their stems in the language of the message. A tsvector has at most 1 MiB, so the beginning of the
-- content counts. An answer that is being written has no words yet: it changes every few seconds.
create or replace function index_message_words() returns trigger language plpgsql as $$
begin
  new.words := to_tsvector('simple', left(new.content, 50000))
            || to_tsvector(coalesce(new.language, 'simple')::regconfig, left(new.content, 50000));
  return new;
end $$;
create or replace trigger index_message_words before insert or update of content, status on messages for each row
  when (new.status in ('done', 'stopped', 'failed')) execute function index_message_words();
