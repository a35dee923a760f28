-- Usage of models, a row for each call of a provider, and quotas over it (ADR 34). Components write these tables by the functions of
-- functions/usage.sql only.

create table usage_records (
  id                  uuid primary key,
  tenant_id           uuid not null references tenants on delete cascade,
  -- Who asked, and where; null once that is deleted.
  user_id             uuid,
  api_key_id          uuid,
  space_id            uuid,
  assistant_id        uuid,
  -- Without references: a conversation that is gone leaves its id, which names nothing then.
  conversation_id     uuid,
  message_id          uuid,
  -- Ids and names as they were: what a deleted model cost stays. No id: the model of the installation's variables.
  model_id            uuid,
  model_name          text not null constraint usage_records_model_name_length check (char_length(model_name) between 1 and 200),
  provider_id         uuid,
  provider_name       text not null constraint usage_records_provider_name_length check (char_length(provider_name) between 1 and 100),
  purpose             text not null constraint usage_records_purpose_known check (purpose in ('chat')),
  -- From 1 within one question, over all its models.
  attempt             int not null constraint usage_records_attempt_positive check (attempt > 0),
  -- Prompt and completion are totals; the others are parts of them.
  prompt_tokens       bigint not null,
  cached_read_tokens  bigint not null,
  cached_write_tokens bigint not null,
  completion_tokens   bigint not null,
  reasoning_tokens    bigint not null,
  -- The provider did not report its tokens.
  tokens_estimated    boolean not null,
  -- US dollars; null: there is no price for what was used.
  cost                numeric(24, 12),
  cost_state          text not null constraint usage_records_cost_state_known check (cost_state in ('priced', 'free', 'unpriced')),
  latency_ms          int not null,
  first_token_ms      int,
  -- `done`, `caller_gone`, or the kind of the failure.
  outcome             text not null constraint usage_records_outcome_length check (char_length(outcome) between 1 and 40),
  -- When the call began.
  created_at          timestamptz not null,
  constraint usage_records_tokens_not_negative check (
    least(prompt_tokens, cached_read_tokens, cached_write_tokens, completion_tokens, reasoning_tokens) >= 0),
  constraint usage_records_cost_complete check ((cost is null) = (cost_state = 'unpriced')),
  constraint usage_records_cost_not_negative check (cost >= 0 and cost <> 'NaN'),
  constraint usage_records_times_not_negative check (latency_ms >= 0 and first_token_ms >= 0),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete set null (user_id),
  foreign key (tenant_id, api_key_id) references api_keys (tenant_id, id) on delete set null (api_key_id),
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete set null (space_id),
  foreign key (tenant_id, assistant_id) references assistants (tenant_id, id) on delete set null (assistant_id)
);
create index usage_records_created_idx on usage_records (tenant_id, created_at);
create index usage_records_user_idx on usage_records (tenant_id, user_id, created_at) where user_id is not null;
create index usage_records_api_key_idx on usage_records (tenant_id, api_key_id, created_at) where api_key_id is not null;
create index usage_records_space_idx on usage_records (tenant_id, space_id) where space_id is not null;
create index usage_records_assistant_idx on usage_records (tenant_id, assistant_id) where assistant_id is not null;
select protect('usage_records');
-- The functions that sum up what was used see all rows of the tenant, whatever key asks.
create policy one_assistant on usage_records as restrictive
  using (current_user = 'tessera_owner' or app_assistant() is null or assistant_id = app_assistant());

-- What a tenant, a group, a user, a key or a model may use in a period. `each_user`: every user as much, each apart.
create table quotas (
  id            uuid primary key,
  tenant_id     uuid not null references tenants on delete cascade,
  subject       text not null constraint quotas_subject_known check (subject in ('tenant', 'group', 'user', 'each_user', 'api_key', 'model')),
  group_id      uuid,
  user_id       uuid,
  api_key_id    uuid,
  model_id      uuid,
  measure       text not null constraint quotas_measure_known check (measure in ('cost', 'tokens', 'requests')),
  -- Of UTC.
  period        text not null constraint quotas_period_known check (period in ('minute', 'hour', 'day', 'month')),
  -- US dollars, tokens or requests.
  amount        numeric(24, 12) not null constraint quotas_amount_range check (amount between 0 and 100000000000),
  -- Administrators get an alert when so much of it is used.
  alert_percent int constraint quotas_alert_percent_range check (alert_percent between 1 and 100),
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  unique (tenant_id, id),
  constraint quotas_one_subject check (
    num_nonnulls(group_id, user_id, api_key_id, model_id) = (subject not in ('tenant', 'each_user'))::int
    and (subject = 'group') = (group_id is not null) and (subject = 'user') = (user_id is not null)
    and (subject = 'api_key') = (api_key_id is not null) and (subject = 'model') = (model_id is not null)),
  constraint quotas_whole_numbers check (measure = 'cost' or amount = trunc(amount)),
  constraint quotas_alerts_of_days check (alert_percent is null or period in ('day', 'month')),
  constraint quotas_key unique nulls not distinct (tenant_id, subject, group_id, user_id, api_key_id, model_id, measure, period),
  foreign key (tenant_id, group_id) references user_groups (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  foreign key (tenant_id, api_key_id) references api_keys (tenant_id, id) on delete cascade,
  foreign key (tenant_id, model_id) references models (tenant_id, id) on delete cascade
);
create index quotas_created_idx on quotas (tenant_id, created_at desc, id desc);
create index quotas_group_idx on quotas (tenant_id, group_id) where group_id is not null;
create index quotas_user_idx on quotas (tenant_id, user_id) where user_id is not null;
create index quotas_api_key_idx on quotas (tenant_id, api_key_id) where api_key_id is not null;
create index quotas_model_idx on quotas (tenant_id, model_id) where model_id is not null;
select protect('quotas');
select audited('quotas', 'quota', 'id', 'subject,group_id,user_id,api_key_id,model_id,measure,period,amount,alert_percent');

-- What of a quota is used in a period. A row begins with the sum of usage_records, and is locked by who reserves.
create table quota_counters (
  tenant_id    uuid not null references tenants on delete cascade,
  quota_id     uuid not null,
  -- The user, if every user has as much; else the quota's own id.
  holder       uuid not null,
  period_start timestamptz not null,
  used         numeric(36, 12) not null,
  primary key (quota_id, holder, period_start),
  foreign key (tenant_id, quota_id) references quotas (tenant_id, id) on delete cascade
);
create index quota_counters_tenant_idx on quota_counters (tenant_id);
select protect('quota_counters');

-- The worst case of calls that are under way. It counts until it is settled, or until it expires: the process that made it may have died.
create table quota_reservations (
  tenant_id      uuid not null references tenants on delete cascade,
  reservation_id uuid not null,
  quota_id       uuid not null,
  holder         uuid not null,
  period_start   timestamptz not null,
  user_id        uuid not null,
  amount         numeric(36, 12) not null constraint quota_reservations_amount_not_negative check (amount >= 0 and amount <> 'NaN'),
  expires_at     timestamptz not null,
  primary key (reservation_id, quota_id),
  foreign key (tenant_id, quota_id) references quotas (tenant_id, id) on delete cascade
);
create index quota_reservations_counter_idx on quota_reservations (quota_id, holder, period_start);
create index quota_reservations_tenant_idx on quota_reservations (tenant_id, quota_id);
select protect('quota_reservations');

-- That so much of a quota was used: once for each period and threshold.
create table quota_alerts (
  id           uuid primary key default gen_random_uuid(),
  tenant_id    uuid not null references tenants on delete cascade,
  quota_id     uuid not null,
  holder       uuid not null,
  period_start timestamptz not null,
  percent      int not null,
  used         numeric(36, 12) not null,
  created_at   timestamptz not null default now(),
  unique (tenant_id, id),
  constraint quota_alerts_key unique (quota_id, holder, period_start, percent),
  foreign key (tenant_id, quota_id) references quotas (tenant_id, id) on delete cascade
);
create index quota_alerts_created_idx on quota_alerts (tenant_id, created_at desc, id desc);
create index quota_alerts_quota_idx on quota_alerts (tenant_id, quota_id);
select protect('quota_alerts');

-- What happens to a call of a model that has no price; without a row it is flagged.
create table usage_policies (
  tenant_id  uuid primary key references tenants on delete cascade,
  unpriced   text not null constraint usage_policies_unpriced_known check (unpriced in ('flag', 'refuse')),
  updated_at timestamptz not null default now()
);
select protect('usage_policies');
select audited('usage_policies', 'usage_policy', 'tenant_id', 'unpriced');
