-- How much of the probability a model samples from, beside its temperature.
alter table assistants add column top_p float8 constraint assistants_top_p_range check (top_p between 0 and 1);

-- The audit log records the new column, too.
drop trigger audit on assistants;
select audited('assistants', 'assistant', 'id', 'space_id,name,description,instructions,model,temperature,top_p,published,deleted_at');
