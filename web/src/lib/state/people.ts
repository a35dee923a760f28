// The people of the organisation, for those who look after them. The server decides; this spares people dead ends.
import { answer, api } from '$lib/api/client';
import type { Invitation, Permission, Person } from '$lib/api/types';
import { allows, type Holder } from './permissions';

export type Role = Person['role'];
export type PersonState = Person['state'];

/** From the least to the most. */
export const ROLES: readonly Role[] = ['user', 'manager', 'admin'];
export const PERSON_STATES: readonly PersonState[] = ['invited', 'active', 'inactive', 'deleted'];

/** The orders of the list; the first where nobody says. */
export const PEOPLE_SORTS = ['newest', 'name', 'email', 'last_login'] as const;
export type PeopleSort = (typeof PEOPLE_SORTS)[number];

const PAGE = 25;

export interface PeopleFilter {
  query: string;
  /** Empty: all but the deleted. */
  state: PersonState | '';
  sort: PeopleSort;
}

/** Whether somebody may give these permissions, or look after whoever has them: their own reach as far. */
export function reaches(self: Holder | null, permissions: readonly Permission[]): boolean {
  return allows(self, 'people') && permissions.every((permission) => allows(self, permission));
}

/** Whether somebody belongs in a list of this state. */
export function belongs(person: Pick<Person, 'state'>, state: PeopleFilter['state']): boolean {
  return state === '' ? person.state !== 'deleted' : person.state === state;
}

/** Whether somebody is invited and cannot accept: the link ran out, or ended with the role or address that it was for. */
export function needsLink(person: Pick<Person, 'state' | 'invitation_expires_at'>): boolean {
  return person.state === 'invited' && person.invitation_expires_at === null;
}

/** The state in an address, which may hold anything. */
export function stateFrom(text: string | null): PeopleFilter['state'] {
  return PERSON_STATES.find((state) => state === text) ?? '';
}

/** The order in an address, which may hold anything. */
export function sortFrom(text: string | null): PeopleSort {
  return PEOPLE_SORTS.find((sort) => sort === text) ?? 'newest';
}

export function listPeople({ query, state, sort }: PeopleFilter, cursor?: string) {
  const asked = { limit: PAGE, cursor, sort, ...(query ? { q: query } : {}), ...(state ? { state } : {}) };
  return answer(api.GET('/api/v1/admin/users', { params: { query: asked } }));
}

const at = (person: Person) => ({ params: { path: { user_id: person.id } } });

/** A built-in role ends a custom one. */
export interface PersonChange {
  role?: Role;
  custom_role_id?: string;
  active?: boolean;
}

export function changePerson(person: Person, body: PersonChange): Promise<Person> {
  return answer(api.PATCH('/api/v1/admin/users/{user_id}', { ...at(person), body }));
}

export function restorePerson(person: Person): Promise<Person> {
  return answer(api.POST('/api/v1/admin/users/{user_id}/restore', at(person)));
}

export function renewInvitation(person: Person): Promise<Invitation> {
  return answer(api.POST('/api/v1/admin/users/{user_id}/invitation', at(person)));
}

/** Those whom everybody in the organisation can find, as a finder shows them. */
export async function findColleagues(
  q: string,
  limit: number
): Promise<{ id: string; name: string; detail: string }[]> {
  const query = { limit, ...(q ? { q } : {}) };
  const { users } = await answer(api.GET('/api/v1/users', { params: { query } }));
  return users.map(({ id, display_name, email }) => ({ id, name: display_name, detail: email }));
}
