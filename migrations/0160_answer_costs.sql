-- When an answer that failed can be asked again, the quota that refused it, and what answers cost.

alter table messages
  add column problem_retry_at timestamptz,
  -- The quota as it was: subject, measure, period, limit, held.
  add column problem_quota jsonb constraint messages_problem_quota_size check (length(problem_quota::text) <= 1000);

-- What the answers of a page cost.
create index usage_records_message_idx on usage_records (tenant_id, message_id) where message_id is not null;

-- Whether people see what their answers cost.
alter table usage_policies
  add column answer_costs boolean not null default false;
drop trigger audit on usage_policies;
select audited('usage_policies', 'usage_policy', 'tenant_id', 'unpriced,answer_costs');
