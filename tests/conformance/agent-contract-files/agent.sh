cat
mkdir -p out docs
echo APPROVE > out/verdict.txt
echo docs/r.md > out/report.txt
touch docs/r.md
