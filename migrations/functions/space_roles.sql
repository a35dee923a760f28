-- The roles of users in spaces.

-- The rank of a role: higher ones include the rights of lower ones.
create or replace function role_rank(role text) returns int language sql immutable parallel safe
  as $$ select case role when 'owner' then 3 when 'editor' then 2 when 'viewer' then 1 else 0 end $$;

-- The role of each user in each space: the highest of their own, of those of their groups, and, in the
-- organisation's hub, of every active user's role. The caller's own rights and row-level security apply.
-- Filter by user_id: then each branch is read by an index.
create or replace view space_roles with (security_invoker = true) as
  select r.space_id, r.user_id, (array['viewer', 'editor', 'owner'])[max(r.rank)] as role
    from (
      select m.space_id, m.user_id, role_rank(m.role) as rank from space_members m
      union all
      select g.space_id, m.user_id, role_rank(g.role)
        from space_groups g join user_group_members m on m.tenant_id = g.tenant_id and m.group_id = g.group_id
      union all
      select s.id, u.id, case u.role when 'admin' then 3 else 1 end
        from spaces s join users u on u.tenant_id = s.tenant_id
       where s.kind = 'organisation' and u.state = 'active' and u.deleted_at is null
    ) as r
   group by r.space_id, r.user_id;
