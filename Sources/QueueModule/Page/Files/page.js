'use strict';
// The buyer's page: it shows what the API answers, and decides nothing. Three things keep it honest: the time is the
// server's, the place is in the address and in this browser's storage, and a press is sent under one key until there is
// an answer, so it counts once.

const $ = id => document.getElementById(id);
const query = new URLSearchParams(location.search);
const item = (location.pathname.match(/^\/buy\/([\w-]{1,64})$/) || [])[1];

// What this browser keeps; where it keeps nothing, the address still has the place.
let storage = {};
try { storage = localStorage; } catch { /* it is refused */ }
const store = {
  get: key => storage['sluice:' + key],
  set(key, value) { try { storage['sluice:' + key] = value; } catch { /* it is full */ } },
  drop(key) { delete storage['sluice:' + key]; },
};

const view = {
  item: null, // the item's body
  ticket: null, body: null, // the place, and what was last shown of it
  wish: null, // a press without an answer: key, user, time
  problem: null, // the last refusal
  trouble: '', // why the last request had no answer
};
const jitter = (ms, share = 0.25) => ms * (1 - share + 2 * share * Math.random());

// The server's clock, carried on by this device's stopwatch: its own clock may be hours off. The latest reading is
// the best, as caches make them older. Half of the shortest way there and back is added, so it is hardly ever early.
const clock = {
  base: 0, trip: 1000, isKnown: false, isStale: true,
  now() { return this.isKnown ? this.base + performance.now() : Date.now(); },
  learn(time, roundTrip) {
    this.trip = Math.min(this.trip, roundTrip);
    const base = time + this.trip / 2 - performance.now();
    if (this.isStale || base > this.base) this.base = base;
    this.isKnown = true;
    this.isStale = false;
  },
};

// MARK: Calls

/** Makes one request. The answer's `status` is 0 where none came. */
async function call(method, target, body, headers = {}) {
  const begun = performance.now();
  if (body) headers['Content-Type'] = 'application/json';
  try {
    const reply = await fetch(target, {
      method, headers, body: body && JSON.stringify(body), cache: 'no-store',
      signal: AbortSignal.timeout && AbortSignal.timeout(10000),
    });
    const roundTrip = performance.now() - begun;
    const answer = reply.status === 204 ? {} : await reply.json();
    clock.learn(Date.parse(answer.server_time || reply.headers.get('Date')), roundTrip);
    const retry = answer.retry_after_ms || 1000 * reply.headers.get('Retry-After');
    view.trouble = reply.status < 500 ? '' : view.trouble;
    return {
      status: reply.status, body: answer, retry,
      ticket: (reply.headers.get('Location') || '').split('/tickets/')[1],
    };
  } catch {
    view.trouble = words.offline;
    return { status: 0, body: {}, retry: 0 };
  }
}

/** Where the seller's check of buyers goes: the solution of `challenge`, or null where the page can't find one. */
async function solve(challenge) {
  $('challenge').hidden = !challenge;
  return null;
}

// MARK: The item

async function readItem() {
  const { status, body, retry } = await call('GET', '/v1/items/' + item);
  if (status === 200) {
    view.item = body;
    if (view.problem && view.problem.code === 'unknown-item') view.problem = null;
  } else if (status === 404) {
    view.problem = body;
  } else if (status) {
    view.trouble = words.problem['store-unavailable'];
  }
  // Far from the opening seldom; at the opening itself nothing is sent but the press.
  const left = opensIn();
  const pause = status !== 200 ? Math.max(retry, 5000) : left > 0 ? Math.min(Math.max(left / 8, 5000), 60000) : 5000;
  next(left > 0 && left < 20000 ? left + 3000 + 7000 * Math.random() : jitter(pause));
}

/** Milliseconds until the sale opens; 0 where it has. */
function opensIn() {
  const opens = view.item && view.item.opens_at && Date.parse(view.item.opens_at);
  return opens ? Math.max(0, opens - clock.now()) : 0;
}

// MARK: The ticket

const isOver = () => view.body && view.body.final;

function take(ticket, body = null) {
  Object.assign(view, { ticket, body, wish: null, problem: null });
  store.drop('wish:' + item);
  store.set('ticket:' + item, ticket);
  history.replaceState(null, '', '#' + ticket);
  listen();
}

function forget() {
  for (const key of ['ticket:', 'wish:']) store.drop(key + item);
  Object.assign(view, { ticket: null, body: null, wish: null, problem: null });
  history.replaceState(null, '', location.pathname + location.search);
  listen();
}

async function readTicket() {
  const ticket = view.ticket;
  const { status, body, retry } = await call('GET', '/v1/tickets/' + ticket);
  if (ticket !== view.ticket) return next(0);
  if (status === 200) return show(body);
  if (status === 404 || status === 410) {
    view.problem = body;
    return;
  }
  if (status) view.trouble = words.problem['store-unavailable'];
  next(jitter(Math.max(retry, 2000)));
}

/** Shows a ticket that the server sent. What is final stays. */
function show(body) {
  if (body.item !== item) return location.replace('/buy/' + body.item + '#' + body.ticket);
  view.body = body;
  view.problem = null;
  if (body.final) return stopListening();
  const pause = Math.max(body.poll_after_ms, 250);
  next(jitter(isPushed ? 20000 : document.hidden ? Math.max(3 * pause, 15000) : pause, 0.1));
}

async function leave() {
  if (!confirm(words.leaveSure)) return;
  const { status, body } = await call('DELETE', '/v1/tickets/' + view.ticket);
  if (status === 409) view.problem = body;
  next(0);
  render();
}

// MARK: The press

/** Asks for a place under the key of the press, until there is an answer or the buyer stops it. */
async function press() {
  const wish = view.wish;
  for (let tries = 0; view.wish === wish; tries++) {
    const headers = { 'Idempotency-Key': wish.key };
    if (wish.solution) headers['Challenge-Solution'] = wish.solution;
    const target = `/v1/items/${item}/purchases`;
    const { status, body, retry, ticket } = await call('POST', target, { user: wish.user }, headers);
    if (status === 200 || status === 202) {
      take(body.ticket, body);
      show(body);
      break;
    }
    if (ticket) {
      take(ticket);
      next(0);
      break;
    }
    if (body.code === 'challenge-required' && (wish.solution = await solve(body.challenge))) continue;
    view.problem = status ? body : null;
    // Who pressed a moment too early is not to press again.
    const isEarly = body.code === 'not-open' && retry < 2000;
    const isTemporary = !status || status === 429 || status >= 500 || isEarly;
    if (!isTemporary) {
      if (view.wish === wish) giveUp();
      if (body.code === 'not-open') next(1000);
      break;
    }
    const pause = jitter(Math.max(retry, Math.min(500 * 2 ** tries, 8000)));
    view.problem = status ? { ...body, pause } : null;
    render();
    await sleep(pause);
  }
  render();
}

function giveUp() {
  view.wish = null;
  store.drop('wish:' + item);
}

/** Waits; less where the connection comes back meanwhile. */
function sleep(ms) {
  return new Promise(resolve => {
    setTimeout(resolve, ms);
    addEventListener('online', () => setTimeout(resolve, 500 * Math.random()), { once: true });
  });
}

function submit(event) {
  event.preventDefault();
  const user = $('user').value.normalize('NFKC').trim();
  const isValid = /^[\x21-\x7e]{1,128}$/.test(user);
  $('user').setAttribute('aria-invalid', !isValid);
  $('hint').className = isValid ? 'hint' : 'fault';
  $('hint').role = isValid ? null : 'alert';
  if (!isValid) return $('user').focus();
  if (opensIn() > 0 || view.wish) return;
  store.set('user', user);
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0'));
  view.wish = { key: key.join(''), user, at: Date.now() };
  view.problem = null;
  store.set('wish:' + item, JSON.stringify(view.wish));
  render();
  press();
}

// MARK: Push

// One tab of a place holds the stream and passes events on to the others; where there is no stream, all poll.
let stream = null, releaseStream = null, isPushed = false, pushRetry = 0;
const channel = 'BroadcastChannel' in window ? new BroadcastChannel('sluice') : null;
if (channel) channel.onmessage = ({ data }) => { if (data.ticket === view.ticket) pushed(data); };

function pushed(body) {
  isPushed = true;
  show(body);
  render();
}

function stopListening() {
  if (stream) stream.close();
  if (releaseStream) releaseStream();
  stream = releaseStream = null;
  isPushed = false;
}

function listen() {
  stopListening();
  const ticket = view.ticket;
  if (!ticket || isOver()) return;
  if (!navigator.locks) return open(ticket);
  navigator.locks.request('sluice:' + ticket, () => {
    if (ticket !== view.ticket || stream || isOver()) return undefined;
    open(ticket);
    return new Promise(resolve => { releaseStream = resolve; });
  });
}

function open(ticket) {
  clearTimeout(pushRetry);
  const source = stream = new EventSource(`/v1/tickets/${ticket}/events`);
  source.addEventListener('ticket', event => {
    const body = JSON.parse(event.data);
    if (channel) channel.postMessage(body);
    if (ticket === view.ticket) pushed(body);
  });
  source.onerror = () => {
    isPushed = false;
    if (stream !== source) return;
    next(jitter(1000, 0.9));
    // Refused for good, as where no more streams are served: polling does, and later it is tried again.
    if (source.readyState === EventSource.CLOSED) pushRetry = setTimeout(() => listen(), jitter(120000));
  };
}

// MARK: When to look again

let timer = 0, isReading = false, isDue = false;

function next(ms) {
  clearTimeout(timer);
  timer = setTimeout(read, ms);
}

async function read() {
  if (isReading) {
    isDue = true;
    return;
  }
  isReading = true;
  if (view.ticket) await readTicket(); else if (!document.hidden) await readItem();
  isReading = false;
  if (isDue) next(0);
  isDue = false;
  render();
}

/** Looks again soon, not with all others at once. */
function wake() {
  if (document.hidden) return;
  clock.isStale = true;
  if (!isOver()) next(1000 * Math.random());
}

// MARK: What is shown

function span(ms) {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 100) return words.say(words.seconds, { n: seconds });
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return words.say(words.minutes, { n: minutes });
  const hours = Math.ceil(minutes / 60);
  return hours < 72 ? words.say(words.hours, { n: hours }) : words.say(words.days, { n: Math.ceil(hours / 24) });
}

function digits(ms) {
  const seconds = Math.ceil(ms / 1000), two = value => String(Math.floor(value)).padStart(2, '0');
  const days = Math.floor(seconds / 86400);
  const clockTime = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map(two).join(':');
  return days ? words.say(words.days, { n: days }) + ' ' + clockTime : clockTime;
}

const number = value => value.toLocaleString(words.language);
const dateTime = text => new Date(text).toLocaleString(words.language, { dateStyle: 'medium', timeStyle: 'medium' });

function currentState() {
  if (view.body) return view.body.state;
  if (view.wish) return 'pressing';
  if (view.ticket || !view.item) return 'loading';
  const { state } = view.item;
  if (state === 'frozen') return 'paused';
  return state === 'scheduled' && opensIn() === 0 ? 'open' : state;
}

function facts(state) {
  const { item: sale, body } = view, rows = [];
  const add = (name, value, isLarge) => rows.push([words[name], value, isLarge]);
  if (body) {
    if (body.position) {
      add('place', number(body.position), true);
      add('ahead', number(body.ahead));
      if (body.eta.known) add('wait', `${span(body.eta.p50_ms)} – ${span(body.eta.p90_ms)}`);
    }
    if (state === 'reserved' && body.expires_at) add('until', dateTime(body.expires_at));
    if (body.order) add('order', body.order);
    if (body.reason && state === 'rejected') add('reason', body.reason);
  } else if (sale && !view.ticket && !view.wish) {
    if (state === 'scheduled') add('opens', dateTime(sale.opens_at));
    const values = { left: number(sale.stock_left), total: number(sale.stock_total) };
    if (state !== 'closed') add('stock', words.say(words.stockOf, values));
    if (sale.waiting) add('waiting', number(sale.waiting));
  }
  return rows;
}

function sentence(state) {
  if (view.wish) {
    if (!view.problem) return words.trying;
    return problemText() + '. ' + words.say(words.waitRetry, { time: span(view.problem.pause || 1000) });
  }
  if (view.problem) return problemText();
  if (state === 'queued') return `${words[view.body.verdict]} ${words.text.queued}`;
  if (view.body) return words.text[state === 'sold_out' ? 'missed' : state];
  return words.text[state === 'open' && view.item.waitlist ? 'waitlist' : state] || '';
}

function problemText() {
  const { code, title } = view.problem;
  return words.problem[code] || words.title[code.replace('-', '_')] || title;
}

function countdownTo(state) {
  if (view.wish) return 0;
  if (state === 'scheduled') return opensIn();
  const until = state === 'reserved' && view.body.expires_at;
  return until ? Math.max(0, Date.parse(until) - clock.now()) : 0;
}

function put(id, text) {
  if ($(id).textContent !== text) $(id).textContent = text;
}

let shownState = '', shownLink = '', ticking = 0;

function render() {
  if (!item) return;
  const state = currentState();
  const isGone = view.ticket && !view.body && view.problem;
  document.querySelector('main').dataset.state = isGone ? 'problem' : state;
  const title = isGone || (state === 'loading' && view.problem)
    ? problemText() : words.title[state];
  put('title', title);
  put('status', title === (view.problem && problemText()) ? '' : sentence(state));
  document.title = `${title} · ${item}`;
  const language = words.language.slice(0, 2), message = (view.body || view.item || {}).message;
  put('message', message ? message[language] || message.en || message.zh || '' : '');
  $('message').hidden = !$('message').textContent;
  put('net', view.wish ? '' : view.trouble);
  renderFacts(state);
  renderControls(state, isGone);
  renderLink();
  tick(state);
  // Who pressed a button that is gone now goes on at the top.
  if (shownState && shownState !== state && document.activeElement === document.body) $('title').focus();
  shownState = state;
}

function renderFacts(state) {
  const rows = view.problem && view.ticket && !view.body ? [] : facts(state);
  const text = JSON.stringify(rows);
  if ($('facts').dataset.rows === text) return;
  $('facts').dataset.rows = text;
  $('facts').replaceChildren(...rows.flatMap(([name, value, isLarge]) => {
    const [term, detail] = ['dt', 'dd'].map(kind => document.createElement(kind));
    term.textContent = name;
    detail.textContent = value;
    if (isLarge) detail.className = 'large';
    return [term, detail];
  }));
}

function renderControls(state, isGone) {
  const isOffered = !view.ticket && !view.wish && ['scheduled', 'open', 'paused'].includes(state);
  $('buy').hidden = !isOffered;
  $('press').disabled = state !== 'open';
  $('stop').hidden = !view.wish;
  $('again').hidden = !(isGone || (view.body && view.body.final && state !== 'sold'));
  $('leave').hidden = !view.body || !['queued', 'reserved'].includes(state);
  put('leave', words[state === 'reserved' ? 'giveBack' : 'leave']);
}

function renderLink() {
  $('carry').hidden = !view.body || view.body.final;
  const link = $('carry').hidden ? '' : `${location.origin}/buy/${item}#${view.ticket}`;
  if (!link || link === shownLink) return;
  shownLink = link;
  $('link').value = link;
  qr.draw(link, $('qr'));
}

/** Counts down by the second, while there is something to count. */
function tick(state) {
  clearTimeout(ticking);
  const left = countdownTo(state);
  $('countdown').hidden = left === 0;
  if (left > 0) put('countdown', digits(left));
  // It may have opened since this state was found.
  if (left > 0 || state === 'scheduled') ticking = setTimeout(render, left % 1000 + 5);
}

// MARK: The beginning

function listPlaces() {
  words.label();
  for (const key of Object.keys(storage).filter(key => key.startsWith('sluice:ticket:')).sort()) {
    const name = key.slice(14), link = document.createElement('a');
    link.href = `/buy/${encodeURIComponent(name)}#${storage[key]}`;
    link.textContent = name;
    $('list').appendChild(document.createElement('li')).appendChild(link);
  }
  $('places').hidden = !$('list').childElementCount;
}

function adopt() {
  const ticket = location.hash.slice(1);
  if (/^[\w-]{1,400}$/.test(ticket) && ticket !== view.ticket) {
    take(ticket);
    next(0);
    render();
  }
}

function begin() {
  words.label();
  $('item').textContent = item;
  $('user').value = query.get('user') || store.get('user') || '';
  $('buy').onsubmit = submit;
  $('leave').onclick = leave;
  $('stop').onclick = () => { giveUp(); view.problem = null; next(0); render(); };
  $('again').onclick = () => { forget(); next(0); render(); };
  $('link').onfocus = () => $('link').select();
  $('copy').onclick = async () => {
    try { await navigator.clipboard.writeText($('link').value); } catch { return $('link').focus(); }
    $('copy').textContent = '✓';
  };
  addEventListener('hashchange', adopt);
  addEventListener('offline', () => { view.trouble = words.offline; stopListening(); render(); });
  addEventListener('online', () => { listen(); wake(); });
  document.addEventListener('visibilitychange', wake);
  $('live').hidden = false;
  adopt();
  const kept = store.get('ticket:' + item);
  if (!view.ticket && kept) take(kept);
  if (!view.ticket) resume();
  next(0);
  render();
}

/** A press of before a reload whose answer was lost is sent again, for a day. */
function resume() {
  view.wish = JSON.parse(store.get('wish:' + item) || 'null');
  if (view.wish && Date.now() - view.wish.at > 86400000) giveUp();
  if (view.wish) press();
}

if (item) begin(); else listPlaces();
