-- The tree of a conversation's messages (ADR 32).

-- Trigger: a message without a place continues the path that is shown. Components of the version before store such messages.
create or replace function place_messages() returns trigger language plpgsql as $$
declare
  v_message uuid;
  v_parent  uuid;
  v_depth   int;
begin
  -- A question and its answer are stored by one statement, in no order.
  for v_message in
    select id from messages where tenant_id = new.tenant_id and conversation_id = new.conversation_id and depth is null order by created_at, role desc, id
  loop
    select p.id, p.depth into v_parent, v_depth
      from messages p join conversations c on c.tenant_id = p.tenant_id and c.id = p.conversation_id
     where p.tenant_id = new.tenant_id and p.conversation_id = new.conversation_id and p.depth is not null
     order by p.id = c.head_id desc nulls last, p.created_at desc, p.id desc limit 1;
    update messages set parent_id = v_parent, depth = coalesce(v_depth, 0) + 1 where tenant_id = new.tenant_id and id = v_message;
    update conversations set head_id = v_message where tenant_id = new.tenant_id and id = new.conversation_id;
  end loop;
  return null;
end $$;
create or replace trigger place_messages after insert on messages for each row when (new.depth is null) execute function place_messages();
