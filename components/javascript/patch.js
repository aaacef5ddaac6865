// JSON Patch and JSON Merge Patch, as functions of a WebAssembly component.
//
// An exported object is named after its interface. An error of a `result` is thrown; a variant is `{ tag, val }`.

export const patch = {
  diff(before, after) {
    const steps = [];
    compare(parse('before', before), parse('after', after), '', steps);
    return steps;
  },

  apply(before, steps) {
    // The document is the one member of an object, so that it can be replaced as any other place.
    const root = { '': parse('before', before) };
    for (const step of steps) follow(root, step);
    return JSON.stringify(root[''] ?? null);
  },

  merge(before, changes) {
    return JSON.stringify(merged(parse('before', before), parse('patch', changes)));
  },
};

function parse(document, text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw { tag: 'no-json', val: { document, message: error.message } };
  }
}

function compare(before, after, path, steps) {
  if (isObject(before) && isObject(after)) {
    for (const key of Object.keys(before)) {
      if (!Object.hasOwn(after, key)) steps.push({ tag: 'remove', val: below(path, key) });
    }
    for (const [key, value] of Object.entries(after)) {
      if (Object.hasOwn(before, key)) compare(before[key], value, below(path, key), steps);
      else steps.push(entry('add', below(path, key), value));
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    const shared = Math.min(before.length, after.length);
    for (let at = 0; at < shared; at++) compare(before[at], after[at], below(path, at), steps);
    // From the end, so that the places before stay where they are.
    for (let at = before.length - 1; at >= shared; at--) steps.push({ tag: 'remove', val: below(path, at) });
    for (let at = shared; at < after.length; at++) steps.push(entry('add', below(path, at), after[at]));
  } else if (before !== after) {
    steps.push(entry('replace', path, after));
  }
}

function follow(root, { tag, val }) {
  const path = tag === 'remove' ? val : val.path;
  const { parent, key } = place(root, path);
  const there = Array.isArray(parent) ? Number(key) < parent.length : Object.hasOwn(parent, key);
  if (tag !== 'add' && !there) throw nowhere(path);
  if (tag === 'remove') {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
    return;
  }
  const value = parse('patch', val.value);
  if (tag === 'add' && Array.isArray(parent)) {
    if (Number(key) > parent.length) throw nowhere(path);
    parent.splice(Number(key), 0, value);
  } else {
    define(parent, key, value);
  }
}

// The object or array that a place is in, and its key there.
function place(root, path) {
  if (path !== '' && !path.startsWith('/')) throw nowhere(path);
  const keys = path.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  let parent = root;
  for (const key of keys.slice(0, -1)) {
    if (!isContainer(parent) || !Object.hasOwn(parent, key)) throw nowhere(path);
    parent = parent[key];
  }
  let key = keys.at(-1);
  if (!isContainer(parent)) throw nowhere(path);
  if (Array.isArray(parent)) {
    if (key === '-') key = String(parent.length);
    if (!/^(0|[1-9][0-9]*)$/.test(key)) throw nowhere(path);
  }
  return { parent, key };
}

function merged(target, changes) {
  if (!isObject(changes)) return changes;
  const result = isObject(target) ? target : {};
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete result[key];
    else define(result, key, merged(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}

// `__proto__` is a key as any other.
function define(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function below(path, key) {
  return `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function entry(tag, path, value) {
  return { tag, val: { path, value: JSON.stringify(value) } };
}

function nowhere(path) {
  return { tag: 'no-such-place', val: path };
}

function isObject(value) {
  return isContainer(value) && !Array.isArray(value);
}

function isContainer(value) {
  return typeof value === 'object' && value !== null;
}
