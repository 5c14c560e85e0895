'use strict';
// What the page says, in two languages. `{name}` is replaced by a value.

const words = (() => {
  const english = {
    buy: 'Buy', again: 'Start again', stop: 'Stop trying', leave: 'Leave the queue', giveBack: 'Give the unit back',
    leaveSure: 'Give it up? The next in line gets it.',
    user: 'Your name, number or e-mail address',
    userHint: '1 to 128 letters, digits or signs of a US keyboard, without spaces. One place for each.',
    carry: 'Take your place along', copy: 'Copy', places: 'Your places',
    carryHint: 'Whoever has this link has your place: open it, or scan the code, on another phone.',
    seconds: '{n} s', minutes: '{n} min', hours: '{n} h', days: '{n} d',
    stock: 'Left', stockOf: '{left} of {total}', waiting: 'Waiting', opens: 'Opens',
    place: 'Your place', ahead: 'Before you', wait: 'Your turn in about', until: 'Pay until',
    order: 'Order', reason: 'Reason',
    offline: 'No connection. Your place is kept; trying again.',
    trying: 'You pressed once, and that counts once. Trying again until there is an answer.',
    waitRetry: 'Trying again by itself in about {time}.',
    certain: 'There are enough units for you and all before you.', possible: 'You may still get one.',
    no_chance: 'Probably none will be left for you.',
    title: {
      loading: 'One moment', pressing: 'Getting your place', scheduled: 'Opens soon', open: 'On sale now',
      paused: 'The sale is paused', sold_out: 'Sold out', closed: 'The sale is closed', queued: 'You are in the queue', processing: 'Your order is being placed',
      reserved: 'You have won', sold: 'It is yours', rejected: 'Your order was refused',
      expired: 'The time to pay is over', cancelled: 'You have left', in_doubt: 'The seller is checking your order',
    },
    text: {
      scheduled: 'The button works from the opening on. Pressing early gives no better place.',
      open: 'Press to get your place in the queue. First come, first served.',
      waitlist: 'All units are taken, but some may come back. You can wait for one.',
      paused: 'All places are kept. New ones are given when it goes on.',
      sold_out: 'All units are sold.', closed: 'No new places are given. Who waits is still served.',
      queued: 'Your place is kept, also when you close this page.',
      processing: 'A unit is held for you. This takes a moment.',
      reserved: 'A unit is yours if you pay in the shop in time.', sold: 'Thank you. Your order is placed.',
      missed: 'All units went to buyers before you. You pay nothing.',
      rejected: 'The seller did not take the order. You pay nothing.',
      expired: 'The unit went to the next in line. You pay nothing.',
      cancelled: 'You gave up your place, and pay nothing.',
      in_doubt: 'It is not known yet whether your order was placed. Your unit is held until the seller has decided.',
    },
    problem: {
      'not-open': 'The sale has not opened yet', 'queue-full': 'The queue is full: a place may become free',
      'purchase-limit': 'You have as many purchases of this item as are allowed',
      'rate-limited': 'That was too fast', 'store-unavailable': 'The service is not reachable at the moment',
      degraded: 'Not possible at the moment', draining: 'One moment', 'unknown-item': 'There is no such item',
      'unknown-ticket': 'This place is not known here', lost: 'The record of your place was lost',
      'in-progress': 'Your order is being placed already', 'challenge-required': 'The seller asks for a check',
    },
  };
  const chinese = {
    buy: '立即抢购', again: '重新开始', stop: '停止重试', leave: '退出排队', giveBack: '放弃并归还',
    leaveSure: '确定放弃吗？它将归下一位买家。', user: '您的姓名、手机号或邮箱',
    userHint: '1 至 128 个英文字母、数字或符号，不含空格。每人一个位置。', carry: '带走您的位置', copy: '复制',
    carryHint: '持有此链接者即持有您的位置：可在另一部手机上打开链接或扫码。',
    places: '您的位置', seconds: '{n} 秒', minutes: '{n} 分钟', hours: '{n} 小时', days: '{n} 天',
    stock: '剩余', stockOf: '{left} / {total}', waiting: '排队人数', opens: '开售时间', place: '您的位置',
    ahead: '前面还有', wait: '预计等待约', until: '付款截止', order: '订单号', reason: '原因',
    offline: '网络已断开。您的位置仍然保留，正在重试。',
    trying: '您只按了一次，也只算一次。正在重试，直到收到答复。', waitRetry: '约 {time} 后自动重试。',
    certain: '库存足够，轮到您时仍有货。', possible: '您仍有机会。', no_chance: '轮到您时可能已无货。',
    title: {
      loading: '请稍候', pressing: '正在获取位置', scheduled: '即将开售', open: '正在销售', paused: '销售已暂停',
      sold_out: '已售罄', closed: '销售已结束', queued: '您正在排队', processing: '正在为您下单',
      reserved: '抢到了', sold: '购买成功', rejected: '订单未被接受', expired: '付款时间已过',
      cancelled: '您已退出', in_doubt: '卖家正在核实您的订单',
    },
    text: {
      scheduled: '开售后按钮才可用，提前点击不会有更好的位置。', open: '点击获取排队位置，先到先得。',
      waitlist: '商品已全部被占用，但可能有退回。您可以排队等候。', paused: '所有位置均保留，恢复后继续发放。',
      sold_out: '商品已全部售出。', closed: '不再接受新的排队，已排队的买家继续处理。',
      queued: '您的位置已保留，关闭页面也不会丢失。', processing: '已为您保留一件，请稍候。',
      reserved: '请在截止时间前到商店付款，逾期将归下一位买家。', sold: '谢谢，您的订单已生成。',
      missed: '商品已归您前面的买家，您无需付款。', rejected: '卖家未接受此订单，您无需付款。',
      expired: '商品已归下一位买家，您无需付款。', cancelled: '您已放弃位置，无需付款。',
      in_doubt: '尚不确定订单是否生成。卖家决定之前，商品为您保留。',
    },
    problem: {
      'not-open': '尚未开售', 'queue-full': '排队人数已满，可能会有空位', 'purchase-limit': '您已达到此商品的购买上限',
      'rate-limited': '操作过快', 'store-unavailable': '服务暂时无法访问', degraded: '暂时无法购买', draining: '请稍候',
      'unknown-item': '没有此商品',
      'unknown-ticket': '此处没有这个位置', lost: '您的位置记录已丢失', 'in-progress': '正在为您下单',
      'challenge-required': '卖家需要验证',
    },
  };

  const wanted = [new URLSearchParams(location.search).get('lang'), ...navigator.languages]
    .map(language => (language || '').slice(0, 2).toLowerCase()).find(language => /^(en|zh)$/.test(language));
  const isChinese = wanted === 'zh';
  document.documentElement.lang = isChinese ? 'zh-CN' : 'en';
  const table = isChinese ? chinese : english;

  const say = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  /** Fills all elements that name their word. */
  const label = () => {
    for (const element of document.querySelectorAll('[data-word]')) element.textContent = table[element.dataset.word];
  };

  return { ...table, language: document.documentElement.lang, say, label };
})();
