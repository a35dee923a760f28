// The parts of an OpenAPI 3.1 document that the page reads.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

export type Schemas = Record<string, Schema>;

/** A thing, or the name of one that stands under `components`. */
export type Named<T> = T | { $ref: string };

export interface RawParameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

export interface RawBody {
  description?: string;
  required?: boolean;
  content?: Record<string, { schema?: Schema }>;
}

export interface RawOperation {
  operationId?: string;
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: Named<RawParameter>[];
  requestBody?: Named<RawBody>;
  responses?: Record<string, Named<RawBody>>;
  security?: Record<string, string[]>[];
}

/** Operations by method, and parameters that all of them share. */
export type RawPath = Record<string, RawOperation | Named<RawParameter>[] | string>;

export interface OpenApi {
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  security?: Record<string, string[]>[];
  paths: Record<string, RawPath>;
  components?: {
    schemas?: Schemas;
    parameters?: Record<string, RawParameter>;
    requestBodies?: Record<string, RawBody>;
    responses?: Record<string, RawBody>;
  };
}
