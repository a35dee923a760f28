-- Audit entries are kept for 30 days at least: who administers a tenant must not be able to remove at once what they have just done. The setting is on
-- record, and that entry is kept as long.

update tenants set audit_retention_days = 30 where audit_retention_days < 30;
alter table tenants drop constraint tenants_audit_retention_range;
alter table tenants add constraint tenants_audit_retention_range check (audit_retention_days between 30 and 2555);
