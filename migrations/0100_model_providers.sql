-- Providers of models, their models, and aliases: rows of a tenant. The operator's own provider stays in the variables of
-- the installation.

create table model_providers (
  id                uuid primary key,
  tenant_id         uuid not null references tenants on delete cascade,
  name              text not null constraint model_providers_name_length check (char_length(name) between 1 and 100),
  dialect           text not null constraint model_providers_dialect_known check (dialect in (
                      'openai', 'openai_responses', 'compatible', 'azure', 'azure_dated', 'anthropic', 'gemini', 'mistral',
                      'ollama', 'cohere', 'jina', 'tei')),
  -- Without a slash at its end; what the paths of the dialect follow.
  base_url          text not null constraint model_providers_base_url_length check (char_length(base_url) between 1 and 500),
  -- For azure_dated.
  api_version       text constraint model_providers_api_version_length check (char_length(api_version) between 1 and 40),
  credential_sealed text,
  -- What people may see of it: the last four characters, or less of a short one.
  credential_hint   text,
  enabled           boolean not null default true,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  unique (tenant_id, id),
  constraint model_providers_credential_complete check ((credential_sealed is null) = (credential_hint is null))
);
create unique index model_providers_name_key on model_providers (tenant_id, lower(name));
create index model_providers_created_idx on model_providers (tenant_id, created_at desc, id desc);
select protect('model_providers');
select audited('model_providers', 'model_provider', 'id', 'name,dialect,base_url,api_version,credential_sealed,enabled', 'credential_sealed');

create table models (
  id               uuid primary key,
  tenant_id        uuid not null references tenants on delete cascade,
  provider_id      uuid not null,
  -- As the provider names it, and as people see it.
  name             text not null constraint models_name_length check (char_length(name) between 1 and 200),
  title            text not null constraint models_title_length check (char_length(title) between 1 and 200),
  kind             text not null constraint models_kind_known check (kind in ('chat', 'embedding', 'rerank', 'transcription', 'image')),
  context_tokens   int constraint models_context_tokens_positive check (context_tokens > 0),
  output_tokens    int constraint models_output_tokens_positive check (output_tokens > 0),
  capabilities     text[] not null default '{}',
  thinks_by_budget boolean not null default false,
  -- Dollars as decimal text, by tier: {"standard": {"input": "0.000002"}}. Nothing: not known, which is not 0.
  prices           jsonb not null default '{}',
  prices_source    text constraint models_prices_source_length check (char_length(prices_source) between 1 and 500),
  prices_date      date,
  deprecated_on    date,
  successor        text constraint models_successor_length check (char_length(successor) between 1 and 200),
  enabled          boolean not null default true,
  -- False: only for the spaces and groups of model_availability.
  everywhere       boolean not null default true,
  -- The most confidential class of data that it may see; rules come later.
  classification   text constraint models_classification_length check (char_length(classification) between 1 and 100),
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  unique (tenant_id, id),
  constraint models_provider_name_key unique (provider_id, name),
  foreign key (tenant_id, provider_id) references model_providers (tenant_id, id) on delete cascade
);
create index models_provider_idx on models (tenant_id, provider_id);
create index models_created_idx on models (tenant_id, created_at desc, id desc);
select protect('models');
select audited('models', 'model', 'id',
  'provider_id,name,title,kind,context_tokens,output_tokens,capabilities,thinks_by_budget,prices,prices_source,prices_date,deprecated_on,successor,enabled,everywhere,classification');

-- Where a model that is not for everywhere may be used: in a space, or by the members of a group.
create table model_availability (
  tenant_id  uuid not null references tenants on delete cascade,
  model_id   uuid not null,
  space_id   uuid,
  group_id   uuid,
  created_at timestamptz not null default now(),
  foreign key (tenant_id, model_id) references models (tenant_id, id) on delete cascade,
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete cascade,
  foreign key (tenant_id, group_id) references user_groups (tenant_id, id) on delete cascade,
  constraint model_availability_one_place check (num_nonnulls(space_id, group_id) = 1),
  constraint model_availability_key unique nulls not distinct (tenant_id, model_id, space_id, group_id)
);
create index model_availability_space_idx on model_availability (tenant_id, space_id) where space_id is not null;
create index model_availability_group_idx on model_availability (tenant_id, group_id) where group_id is not null;
select protect('model_availability');
select audited('model_availability', 'model', 'model_id', 'space_id,group_id');

create table model_aliases (
  id         uuid primary key,
  tenant_id  uuid not null references tenants on delete cascade,
  name       text not null constraint model_aliases_name_form check (name ~ '^[a-z0-9][a-z0-9._-]{0,99}$'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, id),
  constraint model_aliases_name_key unique (tenant_id, name)
);
select protect('model_aliases');
select audited('model_aliases', 'model_alias', 'id', 'name');

create table model_alias_targets (
  tenant_id uuid not null references tenants on delete cascade,
  alias_id  uuid not null,
  -- From 1; the next is asked if the one before fails.
  position  int not null constraint model_alias_targets_position_bounds check (position between 1 and 10),
  model_id  uuid not null,
  primary key (tenant_id, alias_id, position),
  constraint model_alias_targets_model_key unique (tenant_id, alias_id, model_id),
  foreign key (tenant_id, alias_id) references model_aliases (tenant_id, id) on delete cascade,
  foreign key (tenant_id, model_id) references models (tenant_id, id) on delete cascade
);
create index model_alias_targets_model_idx on model_alias_targets (tenant_id, model_id);
select protect('model_alias_targets');
select audited('model_alias_targets', 'model_alias', 'alias_id', 'position,model_id');
