// User groups: people who get the same roles in spaces.
import { answer, api, done, idempotencyKey, listAll } from '$lib/api/client';
import type { AvailableGroup, GroupMember, Member, SpaceGroup, UserGroup } from '$lib/api/types';
import type { ListPage } from './paged-list.svelte';

const PAGE = 50;
const MOST = 100;

const once = () => ({ 'Idempotency-Key': idempotencyKey() });

export async function listGroups(q: string, cursor?: string): Promise<ListPage<UserGroup>> {
  const query = { limit: PAGE, cursor, ...(q ? { q } : {}) };
  const page = await answer(api.GET('/api/v1/admin/user-groups', { params: { query } }));
  return { items: page.user_groups, total: page.total, next: page.next_cursor };
}

export function getGroup(group_id: string): Promise<UserGroup> {
  return answer(api.GET('/api/v1/admin/user-groups/{group_id}', { params: { path: { group_id } } }));
}

export function createGroup(name: string): Promise<UserGroup> {
  return answer(api.POST('/api/v1/admin/user-groups', { params: { header: once() }, body: { name } }));
}

export function renameGroup({ id }: UserGroup, name: string): Promise<UserGroup> {
  const params = { path: { group_id: id } };
  return answer(api.PATCH('/api/v1/admin/user-groups/{group_id}', { params, body: { name } }));
}

export async function deleteGroup({ id }: UserGroup): Promise<void> {
  await done(api.DELETE('/api/v1/admin/user-groups/{group_id}', { params: { path: { group_id: id } } }), [404]);
}

export async function listGroupMembers(group_id: string, cursor?: string): Promise<ListPage<GroupMember>> {
  const params = { path: { group_id }, query: { limit: PAGE, cursor } };
  const page = await answer(api.GET('/api/v1/admin/user-groups/{group_id}/members', { params }));
  return { items: page.members, total: page.total, next: page.next_cursor };
}

export function addGroupMember(group_id: string, user_id: string): Promise<GroupMember> {
  const params = { path: { group_id }, header: once() };
  return answer(api.POST('/api/v1/admin/user-groups/{group_id}/members', { params, body: { user_id } }));
}

export async function removeGroupMember(group_id: string, user_id: string): Promise<void> {
  const params = { path: { group_id, user_id } };
  await done(api.DELETE('/api/v1/admin/user-groups/{group_id}/members/{user_id}', { params }), [404]);
}

/** The groups that an owner of a space can give a role to. */
export async function findGroups(q: string, limit: number): Promise<AvailableGroup[]> {
  const query = { limit, ...(q ? { q } : {}) };
  return (await answer(api.GET('/api/v1/user-groups', { params: { query } }))).user_groups;
}

/** All groups with a role in a space. */
export function listSpaceGroups(space_id: string): Promise<SpaceGroup[]> {
  return listAll(async (cursor) => {
    const params = { path: { space_id }, query: { limit: MOST, cursor } };
    const page = await answer(api.GET('/api/v1/spaces/{space_id}/groups', { params }));
    return { items: page.groups, next: page.next_cursor };
  });
}

export function addSpaceGroup(space_id: string, group_id: string, role: Member['role']): Promise<SpaceGroup> {
  const params = { path: { space_id }, header: once() };
  return answer(api.POST('/api/v1/spaces/{space_id}/groups', { params, body: { group_id, role } }));
}

export function changeSpaceGroup(space_id: string, group_id: string, role: Member['role']): Promise<SpaceGroup> {
  const params = { path: { space_id, group_id } };
  return answer(api.PATCH('/api/v1/spaces/{space_id}/groups/{group_id}', { params, body: { role } }));
}

export async function removeSpaceGroup(space_id: string, group_id: string): Promise<void> {
  const params = { path: { space_id, group_id } };
  await done(api.DELETE('/api/v1/spaces/{space_id}/groups/{group_id}', { params }), [404]);
}
