-- The prompt library: texts that people keep, to ask with. A prompt belongs to one user, or to a space and its members.

create table prompts (
  id         uuid primary key,
  tenant_id  uuid not null references tenants on delete cascade,
  -- The owner: one of the two.
  user_id    uuid,
  space_id   uuid,
  -- What one types after the slash.
  command    text not null constraint prompts_command_form check (command ~ '^[a-z0-9åäö][a-z0-9åäö-]*$' and char_length(command) <= 50),
  title      text not null constraint prompts_title_length check (char_length(title) between 1 and 100),
  text       text not null constraint prompts_text_length check (char_length(text) between 1 and 20000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, id),
  constraint prompts_one_owner check (num_nonnulls(user_id, space_id) = 1),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete cascade
);
create unique index prompts_user_command_key on prompts (tenant_id, user_id, command) where user_id is not null;
create unique index prompts_space_command_key on prompts (tenant_id, space_id, command) where space_id is not null;
select protect('prompts');
-- A key for one assistant has no prompts: it asks with texts of its own.
create policy one_assistant on prompts as restrictive using (app_assistant() is null);
-- A user's own prompts are private, and one trigger records both kinds: the log has who changed which command, and no text.
select audited('prompts', 'prompt', 'id', 'user_id,space_id,command,title,text', 'title,text');
