echo . >> a
[ $(wc -l < a) = 3 ] || exit 1
echo answered
