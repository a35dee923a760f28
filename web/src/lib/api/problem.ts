// Every way a call can fail, as one error class: RFC 9457 problems, bodies that are none, and no answer at all.
import type { FieldProblem, Problem } from './types';

/** Codes that come from this side of the wire. */
export const NETWORK = 'network';
export const UNREADABLE = 'unreadable';
/** The operator has closed the service for a while. */
export const MAINTENANCE = 'maintenance';
/** A code of the server that a proxy in front of it means too, when it answers in its place. */
const UNAVAILABLE = 'unavailable';
const PROXY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

/** A member that only the host adds, which is no part of the contract of the API. */
type HostProblem = Problem & { operator_message?: unknown };

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly problem: Problem,
    /** What the page says instead of the server, in its own language. */
    readonly words = ''
  ) {
    super(problem.detail || problem.title);
  }

  get code(): string {
    return this.problem.error;
  }

  get status(): number {
    return this.problem.status;
  }

  get requestId(): string {
    return this.problem.request_id;
  }

  /** What the operator wrote for people during maintenance, in whatever language; empty if nothing. */
  get operatorMessage(): string {
    const { operator_message: message } = this.problem as HostProblem;
    return this.code === MAINTENANCE && typeof message === 'string' ? message : '';
  }

  /** What is wrong with one member of the body, by its JSON pointer (`/name`). */
  field(pointer: string): FieldProblem | undefined {
    return this.problem.errors?.find((field) => field.pointer === pointer);
  }
}

function localProblem(error: string, status: number, requestId = ''): Problem {
  return { type: 'about:blank', title: '', status, detail: '', error, request_id: requestId };
}

/** The same problem with other words, where the page knows better what the code means. */
export function reworded(thrown: unknown, code: string, words: string): ApiProblem {
  const problem = asProblem(thrown);
  return problem.code === code ? new ApiProblem(problem.problem, words) : problem;
}

/** The connection failed before an answer came. */
export function networkProblem(): ApiProblem {
  return new ApiProblem(localProblem(NETWORK, 0));
}

/** The problem in a parsed body, or one made from the status where the body is no problem document. */
export function problemOf(body: unknown, status: number, requestId = ''): ApiProblem {
  if (isProblem(body)) return new ApiProblem(body);
  return new ApiProblem(localProblem(PROXY_STATUSES.has(status) ? UNAVAILABLE : UNREADABLE, status, requestId));
}

/** The problem in a response that was not ok. */
export async function problemOfResponse(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => null);
  return problemOf(body, response.status, response.headers.get('x-request-id') ?? '');
}

/** Any thrown value as a problem, for showing. */
export function asProblem(thrown: unknown): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown;
  // A failed fetch rejects with TypeError; anything else is a fault of this code, worth its trace.
  if (!(thrown instanceof TypeError)) console.error(thrown);
  return networkProblem();
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === 'object' &&
    body !== null &&
    typeof (body as Problem).error === 'string' &&
    typeof (body as Problem).status === 'number'
  );
}
