// What a page must be for everybody to use it. Runs in the page; returns a list of faults.
const faults = [];
const isShown = element => element.checkVisibility({ visibilityProperty: true });
const describe = element => `${element.localName}${element.id ? '#' + element.id : ''} "${element.textContent.trim().slice(0, 30)}"`;
const all = selector => [...document.querySelectorAll(selector)];

if (!document.documentElement.lang) faults.push('the page has no language');
if (!document.title.trim()) faults.push('the page has no title');
if (all('main').length !== 1) faults.push('there is not one main part');
if (all('h1').filter(isShown).length !== 1) faults.push('there is not one heading of the first level');
let level = 0;
for (const heading of all('h1,h2,h3,h4').filter(isShown)) {
  const next = Number(heading.localName[1]);
  if (next > level + 1) faults.push(`${describe(heading)} skips a level`);
  level = next;
}
for (const element of all('[id]')) {
  if (all(`[id="${element.id}"]`).length > 1) faults.push(`id ${element.id} is there twice`);
}
for (const element of all('*')) {
  for (const name of ['aria-describedby', 'aria-labelledby', 'for']) {
    for (const id of (element.getAttribute(name) || '').split(' ').filter(Boolean)) {
      if (!document.getElementById(id)) faults.push(`${describe(element)}: ${name} names ${id}, which is not there`);
    }
  }
  if (element.tabIndex > 0) faults.push(`${describe(element)} jumps the order of the keyboard`);
}
for (const input of all('input,select,textarea').filter(isShown)) {
  const label = document.getElementById(input.getAttribute('aria-labelledby')) || input.labels[0];
  if (!label || !label.textContent.trim()) faults.push(`${describe(input)} has no label`);
}
for (const element of all('button,a[href],[role=img],img').filter(isShown)) {
  const label = document.getElementById(element.getAttribute('aria-labelledby'));
  const name = (label && label.textContent) || element.getAttribute('aria-label') || element.getAttribute('alt') || element.textContent;
  if (!name.trim()) faults.push(`${describe(element)} has no name`);
}
for (const element of all('button,input').filter(isShown)) {
  const { height, width } = element.getBoundingClientRect();
  if (height < 44 || width < 44) faults.push(`${describe(element)} is ${width} by ${height}, too small for a finger`);
}
if (document.scrollingElement.scrollWidth > innerWidth) {
  faults.push(`the page is wider than the window: ${document.scrollingElement.scrollWidth} of ${innerWidth}`);
}
if (!all('[role=status],[aria-live=polite]').length && all('script').length > 1 && document.querySelector('#status')) {
  faults.push('nothing announces changes');
}

// Contrast, as WCAG 2.2 defines it, of all text that is shown.
const parse = colour => {
  const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
  return { parts: [red, green, blue], alpha };
};
const ground = element => {
  for (let at = element; at; at = at.parentElement) {
    const { parts, alpha } = parse(getComputedStyle(at).backgroundColor);
    if (alpha === 1) return parts;
  }
  return [255, 255, 255];
};
const light = parts => {
  const [red, green, blue] = parts.map(part => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
for (const element of all('body *').filter(isShown)) {
  const hasText = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if ((!hasText && element.localName !== 'input') || element.disabled || element.closest('svg,script,noscript')) continue;
  const style = getComputedStyle(element), size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  const [brighter, darker] = [light(parse(style.color).parts), light(ground(element))].sort((a, b) => b - a);
  const ratio = (brighter + 0.05) / (darker + 0.05);
  if (ratio < (isLarge ? 3 : 4.5)) faults.push(`${describe(element)} has a contrast of ${ratio.toFixed(2)}`);
}
return faults;
