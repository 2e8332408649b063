// What this device remembers (localStorage). A browser that keeps nothing has it for as long as the page is open.

const memory = new Map();

export function read(name, absent) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? memory.get(name) ?? absent;
  } catch {
    return memory.get(name) ?? absent;
  }
}

export function write(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    memory.delete(name);
  } catch {
    memory.set(name, value);
  }
}

// Of another tab's writing.
export function whenChanged(name, tell) {
  const listen = (event) => {
    if (event.key === name || event.key === null) tell();
  };
  addEventListener('storage', listen);
  return () => removeEventListener('storage', listen);
}

// Work that only one tab at a time does. Where there are no locks (a page of http:// elsewhere than localhost), each does.
export function alone(name, signal, work) {
  if (!navigator.locks) return work();
  return navigator.locks.request(`ticketd/${name}`, { signal }, work);
}
