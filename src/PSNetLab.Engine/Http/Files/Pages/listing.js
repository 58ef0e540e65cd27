'use strict';
const table = document.querySelector('table');
const body = document.querySelector('#entries');
const filter = document.querySelector('input');
const count = document.querySelector('output');
const summary = count.textContent;

// Rows come in the order of their names, so the place of a row is its key for that order.
const entries = Array.from(body.rows, (row, place) => ({
    row,
    place,
    isFolder: row.className === 'folder',
    name: row.cells[0].textContent.toLowerCase(),
    size: Number(row.cells[1].title.replace(/\D/g, '')),
    time: Date.parse(row.cells[2].firstChild.dateTime),
}));
const keyOfColumn = ['place', 'size', 'time'];

// Swedes write a time as ISO 8601 does.
const localTime = new Intl.DateTimeFormat('sv', { dateStyle: 'short', timeStyle: 'short' });

function showLocalTimes() {
    for (const { row, time } of entries) {
        row.cells[2].firstChild.textContent = localTime.format(time);
    }
    table.tHead.querySelector('small').remove();
}

function sortBy(head) {
    const sign = head.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
    const key = keyOfColumn[head.cellIndex];
    entries.sort((a, b) => b.isFolder - a.isFolder || sign * (a[key] - b[key]) || a.place - b.place);
    for (const { row } of entries) {
        body.append(row);
    }
    table.tHead.querySelector('[aria-sort]').removeAttribute('aria-sort');
    head.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
}

function showMatches() {
    const text = filter.value.toLowerCase();
    let shown = 0;
    for (const { row, name } of entries) {
        const matches = name.includes(text);
        row.hidden = !matches;
        shown += matches;
    }
    count.textContent = text ? `${shown} of ${summary.split(', ')[0]}` : summary;
}

function clearFilter() {
    filter.value = '';
    showMatches();
    filter.blur();
}

const firstEntry = () => body.querySelector('tr:not([hidden]) a');

function move(step) {
    const links = [...table.querySelectorAll('tbody tr:not([hidden]) a')];
    const place = links.indexOf(document.activeElement);
    (place < 0 ? firstEntry() ?? links[0] : links[place + step])?.focus();
}

const keys = {
    '/': () => filter.focus(),
    'j': () => move(1),
    'k': () => move(-1),
    'ArrowDown': () => move(1),
    'ArrowUp': () => move(-1),
    'Backspace': () => table.querySelector('.up a')?.click(),
};
const filterKeys = {
    'ArrowDown': keys.ArrowDown,
    'Enter': () => firstEntry()?.click(),
    'Escape': clearFilter,
};

document.addEventListener('keydown', event => {
    const act = (event.target === filter ? filterKeys : keys)[event.key];
    if (act && !event.ctrlKey && !event.altKey && !event.metaKey && !event.isComposing) {
        event.preventDefault();
        act();
    }
});
table.tHead.addEventListener('click', event => {
    if (event.target.closest('button')) {
        sortBy(event.target.closest('th'));
    }
});
table.addEventListener('mouseover', ({ target }) => {
    if (target.dateTime) {
        target.title = new Date(target.dateTime).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
    }
});
filter.addEventListener('input', showMatches);

showLocalTimes();
if (entries.length) {
    filter.hidden = false;
    table.tHead.querySelectorAll('button').forEach(button => button.disabled = false);
}
