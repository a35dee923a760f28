-- The bits of a chunk's tokens, 48 bytes each: what is found is ordered by them (late interaction,
-- ADR 54). Null: the model has none, or the chunk is older; its place is then what words and vectors
-- say. External, since they cannot be compressed and are read of few rows.
alter table chunks add column token_bits bytea;
alter table chunks alter column token_bits set storage external;

-- Whether the model makes them. A collection whose chunks lack them can be embedded again with the
-- model that it has.
alter table embedding_models
  add column late_interaction boolean not null default false,
  -- Added to the nearness (share of bits in common) of a chunk in another language than the query's.
  add column nearness_across double precision not null default 0;
update embedding_models set late_interaction = true, nearness_across = 0.06 where id = 'multilingual-e5-small';
