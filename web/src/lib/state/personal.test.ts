import { describe, expect, it, vi } from 'vitest';

const { uploads, post } = vi.hoisted(() => ({
  uploads: { add: vi.fn(), of: () => [], onAccepted: () => () => {} },
  post: vi.fn()
}));

vi.mock('./uploads.svelte', () => ({ uploads }));
vi.mock('$lib/api/client', () => ({ answer: (given: unknown) => given, api: { POST: post } }));
vi.mock('./workspace.svelte', () => ({ workspace: { assistant: () => null, keepAssistant: () => {} } }));
vi.mock('./session.svelte', () => ({ session: { user: null } }));
vi.mock('./collection-documents.svelte', () => ({
  CollectionDocuments: class {
    list = [];
    follow = () => () => {};
  }
}));

describe('files for one’s own documents', () => {
  it('are underway before the collection is there', async () => {
    let open: (opened: unknown) => void = () => {};
    post.mockReturnValue(new Promise((resolve) => (open = resolve)));
    const { personal } = await import('./personal.svelte');
    const added = personal.add([new File(['a'], 'a.txt'), new File(['b'], 'b.txt')]);
    expect([personal.isAdding, personal.underway]).toEqual([true, 2]);
    open({ assistant: { id: 'a' }, collection: { id: 'c' } });
    await added;
    expect(uploads.add).toHaveBeenCalledOnce();
    expect([personal.isAdding, personal.underway]).toEqual([false, 0]);
  });
});
