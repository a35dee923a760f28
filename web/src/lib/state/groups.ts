// User groups: people who get the same roles in spaces.
import { call } from '$lib/api/call';
import type { Member } from '$lib/api/types';
import type { ListPage } from './paged-list.svelte';

export interface UserGroup {
  id: string;
  name: string;
  /** Its id in the organisation's directory, where it came from there. */
  external_id: string | null;
  member_count: number;
  created_at: string;
  updated_at: string;
}

export interface GroupMember {
  user_id: string;
  display_name: string;
  email: string;
  state: 'invited' | 'active' | 'inactive';
  created_at: string;
}

export interface AvailableGroup {
  id: string;
  name: string;
  member_count: number;
}

export interface SpaceGroup {
  group_id: string;
  name: string;
  member_count: number;
  role: Member['role'];
}

const ADMIN = '/api/v1/admin/user-groups';
const PAGE = 50;

export async function listGroups(q: string, cursor?: string): Promise<ListPage<UserGroup>> {
  const query = { limit: PAGE, cursor, q };
  const page = await call<{ user_groups: UserGroup[]; total: number; next_cursor: string | null }>('GET', ADMIN, {
    query
  });
  return { items: page.user_groups, total: page.total, next: page.next_cursor };
}

export function getGroup(id: string): Promise<UserGroup> {
  return call('GET', `${ADMIN}/${id}`);
}

export function createGroup(name: string): Promise<UserGroup> {
  return call('POST', ADMIN, { body: { name }, once: true });
}

export function renameGroup({ id }: UserGroup, name: string): Promise<UserGroup> {
  return call('PATCH', `${ADMIN}/${id}`, { body: { name } });
}

export function deleteGroup({ id }: UserGroup): Promise<void> {
  return call('DELETE', `${ADMIN}/${id}`);
}

export async function listGroupMembers(id: string, cursor?: string): Promise<ListPage<GroupMember>> {
  const query = { limit: PAGE, cursor };
  const page = await call<{ members: GroupMember[]; total: number; next_cursor: string | null }>(
    'GET',
    `${ADMIN}/${id}/members`,
    { query }
  );
  return { items: page.members, total: page.total, next: page.next_cursor };
}

export function addGroupMember(id: string, user_id: string): Promise<GroupMember> {
  return call('POST', `${ADMIN}/${id}/members`, { body: { user_id }, once: true });
}

export function removeGroupMember(id: string, user: string): Promise<void> {
  return call('DELETE', `${ADMIN}/${id}/members/${user}`);
}

/** The groups that an owner of a space can give a role to. */
export async function findGroups(q: string, limit: number): Promise<AvailableGroup[]> {
  const found = await call<{ user_groups: AvailableGroup[] }>('GET', '/api/v1/user-groups', { query: { q, limit } });
  return found.user_groups;
}

export async function listSpaceGroups(space: string, cursor?: string): Promise<ListPage<SpaceGroup>> {
  const query = { limit: 100, cursor };
  const page = await call<{ groups: SpaceGroup[]; total: number; next_cursor: string | null }>(
    'GET',
    `/api/v1/spaces/${space}/groups`,
    { query }
  );
  return { items: page.groups, total: page.total, next: page.next_cursor };
}

export function addSpaceGroup(space: string, group_id: string, role: Member['role']): Promise<SpaceGroup> {
  return call('POST', `/api/v1/spaces/${space}/groups`, { body: { group_id, role }, once: true });
}

export function changeSpaceGroup(space: string, group: string, role: Member['role']): Promise<SpaceGroup> {
  return call('PATCH', `/api/v1/spaces/${space}/groups/${group}`, { body: { role } });
}

export function removeSpaceGroup(space: string, group: string): Promise<void> {
  return call('DELETE', `/api/v1/spaces/${space}/groups/${group}`);
}
