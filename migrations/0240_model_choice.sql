-- People choose the model of a conversation, if the assistant lets them.

alter table assistants
  -- Whether people may ask it with another model that they may use in its space.
  add column model_choice boolean not null default true;
drop trigger audit on assistants;
select audited('assistants', 'assistant', 'id', 'space_id,name,description,instructions,model,model_choice,temperature,top_p,published,deleted_at');

alter table conversations
  -- The model or alias that was chosen; null: the assistant's.
  add column model text constraint conversations_model_length check (char_length(model) between 1 and 200);
create index conversations_model_idx on conversations (tenant_id, model) where model is not null;
create index assistants_model_idx on assistants (tenant_id, model) where model is not null;
