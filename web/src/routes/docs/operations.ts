// The operations of a contract, in groups, and the ones that fit what somebody types.
import type { Named, OpenApi, RawBody, RawOperation, RawParameter, RawPath, Schema } from './openapi';
import { typeText } from './schema-view';

export interface Content {
  mediaType: string;
  schema: Schema;
}

export interface Body {
  required: boolean;
  description: string;
  contents: Content[];
}

export interface Response extends Body {
  /** `200`, or `default` for every other. */
  status: string;
}

export interface Parameter {
  name: string;
  place: string;
  required: boolean;
  schema: Schema;
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  group: string;
  /** Whether it answers without a session. */
  open: boolean;
  parameters: Parameter[];
  body: Body | null;
  responses: Response[];
}

export interface Group {
  name: string;
  description: string;
  operations: Operation[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace'];

/** Groups by tag, in the contract's order of tags; what has no tag goes by the first part of its path. */
export function groupOperations(contract: OpenApi): Group[] {
  const groups = new Map<string, Group>(
    (contract.tags ?? []).map(({ name, description = '' }) => [name, { name, description, operations: [] }])
  );
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const method of METHODS.filter((name) => name in item)) {
      const operation = readOperation(contract, path, method, item);
      const group = groups.get(operation.group) ?? { name: operation.group, description: '', operations: [] };
      group.operations.push(operation);
      groups.set(group.name, group);
    }
  }
  return Array.from(groups.values()).filter(({ operations }) => operations.length > 0);
}

/** The operations that hold every word of the query: in method, path, summary, names of parameters and types. */
export function filterGroups(groups: Group[], query: string): Group[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return groups;
  const fits = (operation: Operation): boolean => {
    const text = searchText(operation);
    return words.every((word) => text.includes(word));
  };
  return groups
    .map((group) => ({ ...group, operations: group.operations.filter(fits) }))
    .filter(({ operations }) => operations.length > 0);
}

/** The first part of a path that says something: not `api`, not a version. */
export function firstPart(path: string): string {
  return path.split('/').find((part) => part && part !== 'api' && !/^v\d+$/.test(part)) ?? '/';
}

function readOperation(contract: OpenApi, path: string, method: string, item: RawPath): Operation {
  const raw = item[method] as RawOperation;
  const shared = Array.isArray(item.parameters) ? item.parameters : [];
  const body = raw.requestBody && part(contract, raw.requestBody, 'requestBodies');
  return {
    id: raw.operationId ?? `${method}-${path.replace(/\W+/g, '-')}`,
    method: method.toUpperCase(),
    path,
    summary: raw.summary ?? '',
    description: raw.description ?? '',
    group: raw.tags?.[0] ?? firstPart(path),
    open: (raw.security ?? contract.security ?? []).length === 0,
    parameters: readParameters(contract, [...shared, ...(raw.parameters ?? [])]),
    body: body ? readBody(body) : null,
    responses: Object.entries(raw.responses ?? {}).map(([status, response]) => ({
      status,
      ...readBody(part(contract, response, 'responses') ?? {})
    }))
  };
}

// An operation's own parameter stands instead of the path's of the same name.
function readParameters(contract: OpenApi, raw: Named<RawParameter>[]): Parameter[] {
  const parameters = new Map<string, Parameter>();
  for (const named of raw) {
    const found = part(contract, named, 'parameters');
    if (!found) continue;
    const { name, in: place, required = place === 'path', description, schema = {} } = found;
    const described = description ? { ...schema, description } : schema;
    parameters.set(`${place} ${name}`, { name, place, required, schema: described });
  }
  return Array.from(parameters.values());
}

function readBody({ required = false, description = '', content = {} }: RawBody): Body {
  const contents = Object.entries(content).map(([mediaType, { schema = {} }]) => ({ mediaType, schema }));
  return { required, description, contents };
}

type Kind = 'parameters' | 'requestBodies' | 'responses';

function part<T extends RawParameter | RawBody>(contract: OpenApi, named: Named<T>, kind: Kind): T | null {
  if (!('$ref' in named)) return named;
  const name = named.$ref.replace(`#/components/${kind}/`, '');
  return (contract.components?.[kind]?.[name] as T | undefined) ?? null;
}

function searchText({ id, method, path, summary, group, parameters, body, responses }: Operation): string {
  const bodies = [...(body ? [body] : []), ...responses].flatMap(({ contents }) => contents);
  const names = parameters.map(({ name }) => name);
  const types = bodies.flatMap(({ mediaType, schema }) => [mediaType, typeText(schema)]);
  return [id, method, path, summary, group, ...names, ...types].join('\n').toLowerCase();
}
