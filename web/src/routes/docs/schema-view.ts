// What a schema says, in a notation that needs no translation: `SearchHit[]`, `string (uuid) | null`, `1–100`.
import type { Schema, Schemas } from './openapi';

export interface Limit {
  kind: 'length' | 'value' | 'items' | 'default';
  text: string;
}

export interface Member {
  name: string;
  required: boolean;
  schema: Schema;
}

/** Something with members that can be shown. */
export interface Part {
  title: string;
  schema: Schema;
}

/** The name of the schema that is referred to. */
export function nameOf({ $ref }: Schema): string | null {
  return $ref?.startsWith('#/components/schemas/') ? $ref.slice('#/components/schemas/'.length) : null;
}

/** The schema itself where a name stands for it. A text beside the name wins over its own. */
export function resolve(schema: Schema, schemas: Schemas): Schema {
  const { description } = schema;
  const seen = new Set<string>();
  let found = schema;
  for (let name = nameOf(found); name !== null; name = nameOf(found)) {
    if (seen.has(name)) return {};
    seen.add(name);
    found = schemas[name] ?? {};
  }
  return description === undefined || found === schema ? found : { ...found, description };
}

export function typeText(schema: Schema): string {
  const name = nameOf(schema);
  if (name) return name;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return Array.from(new Set(choices.map(typeText))).join(' | ');
  if (schema.allOf) return schema.allOf.map(typeText).join(' & ');
  const types = [schema.type ?? (schema.properties ? 'object' : 'any')].flat();
  return types.map((type) => plainType(type, schema)).join(' | ');
}

function plainType(type: string, { format, items, properties, additionalProperties }: Schema): string {
  if (type === 'array') {
    const inner = typeText(items ?? {});
    return /[|&]/.test(inner) ? `(${inner})[]` : `${inner}[]`;
  }
  if (type === 'object' && !properties && typeof additionalProperties === 'object') {
    return `{ [key]: ${typeText(additionalProperties)} }`;
  }
  return format && type !== 'null' ? `${type} (${format})` : type;
}

/** The values that are allowed, where they are listed. */
export function valuesOf(schema: Schema, schemas: Schemas): string[] {
  const found = resolve(schema, schemas);
  return (found.enum ?? (found.items && resolve(found.items, schemas).enum) ?? []).map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value)
  );
}

export function limitsOf(schema: Schema): Limit[] {
  const limits: Limit[] = [];
  const add = (kind: Limit['kind'], text: string) => text && limits.push({ kind, text });
  add('length', range(schema.minLength || undefined, schema.maxLength));
  add('value', range(schema.minimum, schema.maximum));
  add('items', range(schema.minItems || undefined, schema.maxItems));
  if (schema.default !== undefined) add('default', JSON.stringify(schema.default));
  return limits;
}

function range(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return least === most ? `${least}` : `${least}–${most}`;
  if (least !== undefined) return `≥ ${least}`;
  return most === undefined ? '' : `≤ ${most}`;
}

/** The members of an object; `[key]` stands for those with names of their own. */
export function membersOf(schema: Schema, schemas: Schemas): Member[] {
  const { allOf = [], properties = {}, required = [], additionalProperties } = resolve(schema, schemas);
  const inherited = allOf.flatMap((one) => membersOf(one, schemas));
  const own = Object.entries(properties).map(([name, member]) => ({
    name,
    required: required.includes(name),
    schema: member
  }));
  const free =
    typeof additionalProperties === 'object' ? [{ name: '[key]', required: false, schema: additionalProperties }] : [];
  return [...inherited, ...own, ...free];
}

/** What can be opened in a schema: the objects in it, through lists and choices. */
export function partsOf(schema: Schema, schemas: Schemas, above: ReadonlySet<string> = new Set()): Part[] {
  const name = nameOf(schema);
  if (name && above.has(name)) return [];
  const inside = name ? new Set([...above, name]) : above;
  const found = resolve(schema, schemas);
  const choices = found.oneOf ?? found.anyOf;
  if (choices) return unique(choices.flatMap((choice) => partsOf(choice, schemas, inside)));
  if (found.items) return partsOf(found.items, schemas, inside);
  if (!found.properties && !found.allOf && typeof found.additionalProperties === 'object') {
    return partsOf(found.additionalProperties, schemas, inside);
  }
  if (!found.properties && !found.allOf) return [];
  return [{ title: name ?? discriminator(found, schemas) ?? typeText(found), schema: found }];
}

// A variant without a name is known by the member that is the same in all of its values: `"start"`.
function discriminator(schema: Schema, schemas: Schemas): string | null {
  const fixed = membersOf(schema, schemas).find((member) => member.schema.const !== undefined);
  return fixed ? `${fixed.name}: ${JSON.stringify(fixed.schema.const)}` : null;
}

function unique(parts: Part[]): Part[] {
  return parts.filter(({ title }, at) => title === 'object' || parts.findIndex((part) => part.title === title) === at);
}
