<?php if ($failed) { ?><p role="alert">That is not right.</p><?php } ?>
<form method="post" action="<?= $h($firewall) ?>/login">
  <label>User <input name="_username" autocomplete="username" autofocus required></label>
  <label>Password <input name="_password" type="password" autocomplete="current-password" required></label>
  <label><input name="_remember_me" type="checkbox"> Remember me</label>
  <input type="hidden" name="_csrf_token" value="<?= $h($token) ?>">
  <button>Sign in</button>
</form>
<p><?= '/admin' === $firewall ? 'zofie@example.cz, jiri@example.cz, magic@example.cz, sf73@example.cz' : 'alice, bob, žofie, admin' ?>; the password of all of them is pw.</p>
