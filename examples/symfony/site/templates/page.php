<p>
  <a href="<?= $h($firewall) ?>/login">Sign in</a>
  <a href="<?= $h($firewall) ?>/logout">Sign out</a>
</p>
<div class="panels">
  <section><h2>Symfony says</h2><pre id="site">...</pre></section>
  <section><h2>The socket says</h2><pre id="socket" aria-live="polite">...</pre></section>
</div>
<script type="module">
  const show = (id, value) => {
    document.getElementById(id).textContent = typeof value === "string" ? value : JSON.stringify(value, null, 1);
  };
  const who = await (await fetch(<?= json_encode($firewall.'/whoami', \JSON_HEX_TAG) ?>)).json();
  show("site", { user: who.user, roles: who.reachable, context: who.context, remembered: who.remembered, impersonator: who.impersonator });

  // The browser sends the session cookie to every port of this host.
  const socket = new WebSocket(<?= json_encode($socket, \JSON_HEX_TAG) ?>);
  socket.onmessage = ({ data }) => show("socket", JSON.parse(data));
  socket.onclose = ({ code, reason }) => show("socket", `closed: ${code} ${reason}`);
</script>
