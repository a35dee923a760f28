-- What the person who asked thinks of an answer.

create table message_feedback (
  tenant_id  uuid not null references tenants on delete cascade,
  message_id uuid not null,
  user_id    uuid not null,
  rating     int not null constraint message_feedback_rating_known check (rating in (-1, 1)),
  comment    text constraint message_feedback_comment_length check (char_length(comment) between 1 and 2000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, message_id, user_id),
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index message_feedback_user_idx on message_feedback (tenant_id, user_id);
select protect('message_feedback');
create policy one_assistant on message_feedback as restrictive
  using (case when app_assistant() is null then true else exists (select from messages m where m.id = message_id) end);
