#!/bin/sh
# 告警：写入系统日志；设置了 GONGKAI_ALERT_MAILTO（/etc/gongkai/alert.env）又有 sendmail 时，再发一封邮件。
# 同一个服务一天只告警一次；gongkai-health 恢复正常后重新计。用法：alert.sh 服务名
set -eu
unit=$1
stamp=${RUNTIME_DIRECTORY:-/run/gongkai-alert}/$unit
if [ -n "$(find "$stamp" -mmin -1440 2>/dev/null)" ]; then
    exit 0
fi
status=$(systemctl status --no-pager --full --lines=30 "$unit" 2>&1 || true)
logger --tag gongkai --priority daemon.alert "$unit 失败，见 journalctl -u $unit"
if [ -n "${GONGKAI_ALERT_MAILTO:-}" ] && command -v sendmail >/dev/null; then
    printf 'To: %s\nSubject: gongkai: %s failed\nContent-Type: text/plain; charset=utf-8\n\n%s\n' \
        "$GONGKAI_ALERT_MAILTO" "$unit" "$status" | sendmail -t
fi
touch "$stamp"
