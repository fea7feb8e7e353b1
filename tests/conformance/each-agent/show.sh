echo "tone $1"; cat
