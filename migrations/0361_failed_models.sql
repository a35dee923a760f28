-- The models that were to answer before the one that did: titles and kinds of their failures (the shape of
-- conversations::failed_models).

alter table messages add column failed_models jsonb not null default '[]';
