// Stands in for the two calls that need Google; what they give is a subscription of our own push service.
(() => {
  const issued = ISSUED;
  const held = "stand-in-push";
  const plain = issued.vapid_key.replace(/-/g, "+").replace(/_/g, "/");
  const key = Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0));
  const subscription = {
    endpoint: issued.endpoint,
    options: { userVisibleOnly: true, applicationServerKey: key.buffer },
    toJSON: () => ({ endpoint: issued.endpoint, expirationTime: null, keys: issued.keys }),
    unsubscribe: async () => {
      localStorage.removeItem(held);
      return true;
    },
  };
  PushManager.prototype.subscribe = async (options) => {
    if (!options.userVisibleOnly || options.applicationServerKey !== issued.vapid_key) throw new TypeError("not as asked");
    localStorage.setItem(held, "1");
    return subscription;
  };
  PushManager.prototype.getSubscription = async () => (localStorage.getItem(held) ? subscription : null);
})();
