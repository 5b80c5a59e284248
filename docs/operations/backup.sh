#!/bin/sh
# 备份，一夜正在运行时也可以做。用法：GONGKAI_HOME=主目录 backup.sh 目的目录
#
# 顺序有讲究：先流水（journal.jsonl），后文件。存档总是先存好文件、再记流水，所以备份里的流水提到的每个文件备份里都有；
# 多出来的文件无妨。文件只写一次，备份里已有的不再覆盖：这里的文件后来坏了，也不会盖掉好的备份。
set -eu
dest=$1
archive=$GONGKAI_HOME/archive
kept=$dest/archive/journal.jsonl
mkdir -p "$dest/archive"

# 流水只增不改：备份里的应是它的开头。上一次的留作 journal.jsonl.before：坏了的流水再也接不下去，不会把它也盖掉
if [ -e "$kept" ] && ! cmp --silent --bytes="$(stat --format=%s "$kept")" "$kept" "$archive/journal.jsonl"; then
    echo "$archive/journal.jsonl 不是由 $kept 接着写下来的：没有备份。先查明哪一份是对的，再换一个目的目录。" >&2
    exit 1
fi
rsync --archive --backup --suffix=.before "$archive/journal.jsonl" "$dest/archive/"
rsync --archive --ignore-existing --exclude=/journal.jsonl --exclude='*.partial' "$archive/" "$dest/archive/"

# 还没有收的文件、办公室的决定、本市的名录；删掉的不跟着删
rsync --archive "$GONGKAI_HOME/inbox" "$GONGKAI_HOME/decisions" "$dest/"
if [ -n "${GONGKAI_REGISTER:-}" ]; then
    rsync --archive "$GONGKAI_REGISTER/" "$dest/register/"
fi

# 备份的布局与主目录相同，所以同一个命令能核对它
GONGKAI_HOME=$dest gongkai verify
