// Sends a file as the body of a request, and tells how much of it has left.
import { csrfToken } from './csrf';
import { networkProblem, problemOf } from './problem';
import { refreshSession } from './session-refresh';

export interface FileRequest {
  path: string;
  file: File;
  headers?: Record<string, string>;
  /** Share of the bytes that left this machine, 0–100. */
  progressed: (percent: number) => void;
  /** Gets each request before it is sent, so that it can be aborted. */
  begun?: (request: XMLHttpRequest) => void;
}

interface Reply {
  status: number;
  body: unknown;
}

/** The answer; the session is renewed once if it has expired. */
export async function sendFile<Answer>(wanted: FileRequest): Promise<Answer> {
  const requestedAt = Date.now();
  const first = await send(wanted);
  if (first.status !== 401 || (await refreshSession(requestedAt)) !== 'renewed') return accepted<Answer>(first);
  return accepted<Answer>(await send(wanted));
}

function accepted<Answer>({ status, body }: Reply): Answer {
  if (status >= 200 && status < 300 && body !== null) return body as Answer;
  throw problemOf(body, status);
}

// XMLHttpRequest, because fetch tells nothing of how much of the body has left.
function send({ path, file, headers = {}, progressed, begun }: FileRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    begun?.(request);
    request.open('POST', path);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.setRequestHeader('x-csrf-token', csrfToken());
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => progressed(total ? Math.floor((loaded / total) * 100) : 0);
    request.onload = () => resolve({ status: request.status, body: parsed(request.responseText) });
    request.onerror = () => reject(networkProblem());
    request.onabort = () => reject(networkProblem());
    request.send(file);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
